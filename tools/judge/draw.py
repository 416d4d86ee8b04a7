"""Draws values and counts, choice by choice, from how many they were drawn.

The count is what the label rests on: weak is at most 2^27 values, strong at least 2^51, all of them equally likely.
"""

import copy
import hashlib
import random

TRAIN, TEST, HELD = "train", "test", "held"
PARTS = (TRAIN, TEST, HELD)

WEAK_AT_MOST = 2**27
STRONG_AT_LEAST = 2**51

FEW = 60  # so few items are dealt in turn, lest a part be left with none
KINDS = []


def digest(item):
    return int.from_bytes(hashlib.sha256(repr(item).encode()).digest(), "big")


class Pool:
    """Things to pick from. A third of them is for each part, so that no part can be learnt from another.

    `of` is how many the attacker has to try: all of them, or more when the pool is a sample of a longer public list.
    """

    def __init__(self, items, of=None):
        self.items = list(dict.fromkeys(items))
        self.of = of or len(self.items)
        assert self.of >= len(self.items) >= len(PARTS)
        if len(self.items) < FEW:
            ordered = sorted(self.items, key=digest)
            self.by_part = {part: ordered[at :: len(PARTS)] for at, part in enumerate(PARTS)}
        else:
            # By the item alone: a word is of the same part in every list that holds it.
            self.by_part = {part: [i for i in self.items if digest(i) % len(PARTS) == at] for at, part in enumerate(PARTS)}

    def where(self, keeps):
        """The same list without what does not fit, each item in its part; the attacker still tries all of it."""
        fitting = copy.copy(self)
        fitting.by_part = {part: [item for item in items if keeps(item)] for part, items in self.by_part.items()}
        return fitting


class Draw:
    """One value being made: for whom, at which floor, and from how many so far."""

    def __init__(self, seed, part, lists, floor):
        self.random = random.Random(seed)
        self.part, self.lists, self.floor = part, lists, floor
        self.person, self.service, self.language = None, None, None
        self.count = 1

    def pick(self, pool):
        """One of this part's third; counts the whole pool."""
        self.count *= pool.of
        return self.random.choice(pool.by_part[self.part])

    def one(self, options):
        """One of a few that all parts share: forms, joiners, tails, letters."""
        options = tuple(options)
        self.count *= len(options)
        return self.random.choice(options)

    def number(self, low, high):
        self.count *= high - low + 1
        return self.random.randint(low, high)

    def many(self, options, length):
        return [self.one(options) for _ in range(length)]

    def text(self, options, length):
        return "".join(self.many(options, length))


class Kind:
    def __init__(self, make, label, count, floors, only_test):
        self.make, self.label, self.count, self.floors, self.only_test = make, label, count, floors, only_test
        self.name = make.__name__.replace("_", " ").strip()
        assert make.__doc__, self.name
        assert all(known.name != self.name for known in KINDS), self.name
        KINDS.append(self)

    def holds(self, draw):
        """Whether the draw kept to the count that the kind names."""
        return draw.count <= self.count if self.label == "weak" else draw.count >= self.count


def weak(count, floor=15, only_test=False):
    """A kind of at most `count` values for an attacker who knows the rule, the person and the service."""
    assert count <= WEAK_AT_MOST, count
    return lambda make: Kind(make, "weak", count, (floor,), only_test)


def strong(count, floors=(15,), only_test=False):
    """A kind of at least `count` equally likely values."""
    assert count >= STRONG_AT_LEAST, count
    return lambda make: Kind(make, "strong", count, floors, only_test)
