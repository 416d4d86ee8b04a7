#!/usr/bin/env python3
"""Makes labelled cases of passwords for `examples/judge`. See README.md."""

import argparse
import collections
import hashlib
import json
import math
import pathlib
import sys

import people
import strong  # noqa: F401 - each of these modules registers its kinds
import weak_codes  # noqa: F401
import weak_dates  # noqa: F401
import weak_keys  # noqa: F401
import weak_listed  # noqa: F401
import weak_own  # noqa: F401
import weak_words  # noqa: F401
from draw import HELD, KINDS, STRONG_AT_LEAST, TEST, TRAIN, WEAK_AT_MOST, Draw
from sources import Lists

SEED = "regain judge 1"
SIZES = {TRAIN: 3_000, TEST: 6_000, HELD: 3_000}
SHARE_OF_WEAK = 0.62
TRIES = 60  # for one value of the right length that no part has yet


def kinds_of(part):
    """Those that only the test has are also what is held back."""
    if part == TRAIN:
        return [kind for kind in KINDS if not kind.only_test]
    return [kind for kind in KINDS if part == TEST or kind.only_test]


def value(kind, lists, seed, part, floor, taken):
    """A value that is long enough and new, and the draw that it came from."""
    for at in range(TRIES):
        draw = Draw(f"{seed} {at}", part, lists, floor)
        people.live(draw)
        text = kind.make(draw)
        assert kind.holds(draw), f"{kind.name}: {math.log2(draw.count):.1f} bits, not {math.log2(kind.count):.1f}"
        if len(text) < floor:
            assert kind.label == "weak", f"{kind.name}: what is too short must not be left out of an even draw"
        elif text not in taken:
            return text, draw
    return None


def made(part, seed, lists, taken):
    """The cases of one part; what they hold is taken for the parts that come later."""
    kinds = kinds_of(part)
    cases = []
    for label, share in (("weak", SHARE_OF_WEAK), ("strong", 1 - SHARE_OF_WEAK)):
        own = [kind for kind in kinds if kind.label == label]
        each = round(SIZES[part] * share / len(own))
        for kind in own:
            for at in range(each):
                floor = kind.floors[at % len(kind.floors)]
                found = value(kind, lists, f"{seed} {part} {kind.name} {at}", part, floor, taken)
                if found is None:
                    break  # a small kind has been drawn empty
                text, draw = found
                taken.add(text)
                cases.append(
                    {
                        "password": text, "label": label, "kind": kind.name, "floor": floor, "person": draw.person,
                        "service": draw.service
                    }
                )
    cases.sort(key=lambda case: hashlib.sha256(json.dumps(case, sort_keys=True).encode()).digest())
    return cases


def write(path, cases):
    text = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    path.write_text(text, encoding="utf-8")
    print(f"{path.name}: {len(cases)} cases, SHA-256 {hashlib.sha256(text.encode()).hexdigest()}")


def print_table(parts):
    counts = {part: collections.Counter(case["kind"] for case in cases) for part, cases in parts.items()}
    print("| kind | label | floor | values | " + " | ".join(counts) + " |")
    print("|---|---|---|---|" + "---|" * len(counts))
    for kind in sorted(KINDS, key=lambda kind: (kind.label, min(kind.floors), kind.name)):
        floors = ", ".join(map(str, kind.floors))
        shown = " | ".join(str(counts[part][kind.name]) for part in counts)
        print(f"| {kind.name} | {kind.label} | {floors} | 2^{math.log2(kind.count):.1f} | {shown} |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sources", type=pathlib.Path, help="folder of the archives")
    arguments.add_argument("target", type=pathlib.Path, help="folder for the cases")
    arguments.add_argument("--held", metavar="NAME", help="also writes held-NAME.jsonl: another seed, other words, test-only kinds")
    arguments.add_argument("--table", action="store_true", help="prints the kinds and how many cases each has")
    args = arguments.parse_args()
    if args.held and not args.held.isalnum():
        sys.exit("the name of what is held must be letters and digits")
    assert all(kind.count <= WEAK_AT_MOST if kind.label == "weak" else kind.count >= STRONG_AT_LEAST for kind in KINDS)
    lists, taken = Lists(args.sources), set()
    args.target.mkdir(parents=True, exist_ok=True)
    parts = {part: made(part, SEED, lists, taken) for part in (TRAIN, TEST)}
    if args.held:
        parts[HELD] = made(HELD, f"{SEED} {args.held}", lists, taken)
    for part, cases in parts.items():
        write(args.target / (f"{HELD}-{args.held}.jsonl" if part == HELD else f"{part}.jsonl"), cases)
    if args.table:
        print_table(parts)


if __name__ == "__main__":
    main()
