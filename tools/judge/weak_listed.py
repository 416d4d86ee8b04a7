"""Weak: on a public list of passwords, as it is or in a common disguise."""

import disguise
from draw import Pool, weak

TAILS = Pool(
    ["!", "1", "123", "!!", "1!", "?", ".", "12", "123!", "#1", "007", "*", "@1", "69", "1234", "$", "01", "21", "!1", "00"]
)
YEARS = range(1950, 2027)


@weak(9_747)
def listed_long(draw):
    """At most 9,747: the list's entries of 15 characters and more."""
    return draw.pick(draw.lists.listed_long)


@weak(49_233 * 4)
def listed_elsewhere(draw):
    """At most 49,233 entries of a second public list, of 8 characters and more; short ones twice x 4 joiners."""
    entry = draw.pick(draw.lists.listed_elsewhere)
    return entry if len(entry) >= 15 else entry + draw.one(["", "-", " ", "_"]) + entry


@weak(50_000 * 8)
def listed_twice(draw):
    """50,000 entries x 8 joiners."""
    entry = draw.pick(draw.lists.listed_common)
    return entry + draw.one(["", " ", "-", "_", ".", "!", "&", "1"]) + entry


@weak(50_000 * 4)
def listed_three_times(draw):
    """50,000 entries x 4 joiners."""
    return draw.one(["", "-", " ", "."]).join([draw.pick(draw.lists.listed_common)] * 3)


@weak(9_747 * 77)
def listed_long_and_year(draw):
    """9,747 entries x 77 years."""
    return draw.pick(draw.lists.listed_long) + str(draw.one(YEARS))


@weak(9_747 * 20 * 3)
def listed_long_and_tail(draw):
    """9,747 entries x 20 tails x before, behind or both."""
    entry, tail = draw.pick(draw.lists.listed_long), draw.pick(TAILS)
    return draw.one([entry + tail, tail + entry, tail + entry + tail])


@weak(9_747 + 50_000 * 77 * 2, only_test=True)
def listed_reversed(draw):
    """9,747 entries; or 50,000 with their year x 77 x the year before or behind."""
    if draw.random.random() < 0.5:
        return draw.pick(draw.lists.listed_long)[::-1]
    entry, year = draw.pick(draw.lists.listed_common)[::-1], str(draw.one(YEARS))
    return draw.one([entry + year + year, year + entry + year])


@weak(9_747 * 5 * 3)
def listed_in_leet(draw):
    """9,747 entries x 5 tables x 3 ways with case."""
    entry = draw.pick(draw.lists.listed_long)
    return draw.one([entry, entry.capitalize(), entry.upper()]).lower().translate(draw.one(disguise.LEET))


@weak(9_747, only_test=True)
def listed_in_full_width(draw):
    """9,747 entries."""
    return disguise.fullwidth(draw.pick(draw.lists.listed_long))


@weak(9_747 * 2, only_test=True)
def listed_in_look_alikes(draw):
    """9,747 entries x Cyrillic or Greek letters that look like the Latin ones."""
    table = draw.one([disguise.LOOK_ALIKES, disguise.GREEK_LOOK_ALIKES])
    return draw.pick(draw.lists.listed_long).translate(table)


@weak(9_747 * 9)
def listed_in_mathematical_letters(draw):
    """9,747 entries x 9 styles."""
    return disguise.styled(draw.pick(draw.lists.listed_long), draw.one(disguise.MATHEMATICAL))


@weak(9_747, only_test=True)
def listed_in_circles(draw):
    """9,747 entries."""
    return disguise.styled(draw.pick(draw.lists.listed_long), disguise.CIRCLED)


@weak(50_000 * 6 * 2)
def listed_with_invisible_characters(draw):
    """50,000 entries x 6 characters x between each two or in the middle of the doubled entry."""
    entry, hidden = draw.pick(draw.lists.listed_common), draw.one(disguise.BETWEEN)
    return draw.one([hidden.join(entry), entry + hidden + entry])


@weak(50_000 * 10 * 10 * 2, only_test=True)
def listed_with_stacked_marks(draw):
    """50,000 entries x two marks of 10 x on each letter or on the first."""
    entry, marks = draw.pick(draw.lists.listed_common), draw.text(disguise.MARKS, 2)
    return draw.one(["".join(c + marks for c in entry), entry[0] + marks * 5 + entry[1:]])


@weak(9_747 * 4, only_test=True)
def listed_with_accents(draw):
    """9,747 entries x 4 tables of accents."""
    return draw.pick(draw.lists.listed_long).translate(draw.one(disguise.ACCENTED))


@weak(50_000 * 6 * 2)
def listed_letter_by_letter(draw):
    """50,000 entries x 6 joiners x lower or upper case."""
    entry = draw.pick(draw.lists.listed_common)
    return draw.one([" ", "-", ".", "_", "*", ","]).join(draw.one([entry, entry.upper()]))


@weak(50_000 * 2, only_test=True)
def listed_each_letter_doubled(draw):
    """50,000 entries x lower case, or a capital and its small letter."""
    entry = draw.pick(draw.lists.listed_common)
    return draw.one(["".join(c + c for c in entry), "".join(c.upper() + c.lower() for c in entry)])


@weak(9_747 * 2)
def listed_in_alternating_case(draw):
    """9,747 entries x 2."""
    first = draw.number(0, 1)
    return "".join(c.upper() if at % 2 == first else c.lower() for at, c in enumerate(draw.pick(draw.lists.listed_long)))


@weak(50_000 * 2 * 4, only_test=True)
def listed_and_its_mirror(draw):
    """50,000 entries x which comes first x 4 joiners."""
    entry = draw.pick(draw.lists.listed_common)
    both = draw.one([(entry, entry[::-1]), (entry[::-1], entry)])
    return draw.one(["", "-", "|", " "]).join(both)


@weak(2_000 * 2_000 * 8, only_test=True)
def two_listed(draw):
    """2,000 most common entries twice x 8 joiners."""
    entries = draw.lists.listed_commonest
    return draw.pick(entries) + draw.one(["", " ", "-", "_", ".", "1", "&", "+"]) + draw.pick(entries)


@weak(20_000 * 3, only_test=True)
def listed_upside_down(draw):
    """20,000 entries x upside down twice, in small capitals twice, in Braille twice."""
    entry = draw.pick(draw.lists.listed_letters).lower() * 2
    turned = entry.translate(disguise.UPSIDE_DOWN)[::-1]
    return draw.one([turned, entry.translate(disguise.SMALL_CAPITALS), entry.translate(disguise.BRAILLE)])


@weak(50_000 * 8, only_test=True)
def listed_in_brackets(draw):
    """50,000 entries x 8 frames."""
    frames = ["***{}***", "<<<{}>>>", "((({})))", "!!!{}!!!", "==={}===", "xXx{}xXx", '"""{}"""', "[[[{}]]]"]
    return draw.one(frames).format(draw.pick(draw.lists.listed_common))


@weak(50_000, floor=8)
def listed_short(draw):
    """50,000: the most common of 8 to 14 characters."""
    return draw.pick(draw.lists.listed_common)


@weak(50_000 * 20 * 2, floor=8)
def listed_short_and_tail(draw):
    """50,000 entries x 20 tails x as it is or with a capital."""
    entry = draw.pick(draw.lists.listed_common)
    return draw.one([entry, entry.capitalize()]) + draw.pick(TAILS)


@weak(20_000 * 5 * 20 * 2, floor=8, only_test=True)
def listed_short_in_leet(draw):
    """20,000 entries x 5 tables x 20 tails x a capital or none."""
    entry = draw.pick(draw.lists.listed_letters).translate(draw.one(disguise.LEET)) + draw.pick(TAILS)
    return draw.one([entry, entry.capitalize()])


@weak(20_000 * 2 * 4, floor=8)
def listed_short_twice(draw):
    """20,000 entries x as it is or mirrored x 4 joiners."""
    entry = draw.pick(draw.lists.listed_letters)
    return draw.one(["", "-", ".", " "]).join([entry, draw.one([entry, entry[::-1]])])


@weak(50_000 * 4, floor=8, only_test=True)
def listed_short_disguised(draw):
    """50,000 entries x full width, Cyrillic look-alikes, mathematical letters, or reversed."""
    entry = draw.pick(draw.lists.listed_common)
    styled = disguise.styled(entry, disguise.MATHEMATICAL[0])
    return draw.one([disguise.fullwidth(entry), entry.translate(disguise.LOOK_ALIKES), styled, entry[::-1]])
