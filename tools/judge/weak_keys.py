"""Weak: walks on a keyboard, sequences and repeated units."""

import math
import string

from draw import weak
from weak_listed import TAILS

LAYOUTS = {
    "qwerty": ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"),
    "azerty": ("1234567890)=", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:!"),
    "qwertz": ("1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm,.-"),
    "dvorak": ("1234567890[]", "',.pyfgcrl/=", "aoeuidhtns-", ";qjkxbmwvz"),
    "spanish": ("1234567890'", "qwertyuiop`+", "asdfghjklñ", "zxcvbnm,.-"),
    "russian": ("1234567890-=", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю."),
    "pad": ("789", "456", "123"),
}
SHIFTED = dict(zip("1234567890-=[];',./", '!@#$%^&*()_+{}:"<>?', strict=True))
STEPS = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1)]
LETTERS = {"latin": string.ascii_lowercase, "greek": "αβγδεζηθικλμνξοπρστυφχψω", "russian": "абвгдежзийклмнопрстуфхцчшщъыьэюя"}
CONSTANTS = [
    "3141592653589793238462643383279502884197169399375105820974944592",
    "2718281828459045235360287471352662497757247093699959574966967627",
    "1414213562373095048801688724209698078569671875376948073176679737",
    "1618033988749894848204586834365638117720309179805762862135448622",
    "1732050807568877293527446341505872366942805253810380628055806979",
]


def shift(text):
    return "".join(SHIFTED.get(c, c.upper()) for c in text)


def columns(layout):
    rows = LAYOUTS[layout]
    return ["".join(row[at] for row in rows) for at in range(min(map(len, rows)))]


def walked_columns(draw, layout):
    """Up to ten columns from any column, each downward, upward or turning, the second half shifted or not."""
    all_of, first, count = columns(layout), draw.number(0, 9), draw.number(4, 8)
    way = draw.one(["down", "up", "turn"])
    order = [all_of[(first + at) % len(all_of)] for at in range(count)]
    if draw.one([False, True]):
        order = order[::-1]
    order = [column[::-1] if way == "up" or (way == "turn" and at % 2) else column for at, column in enumerate(order)]
    half = len(order) // 2
    left, right = "".join(order[:half]), "".join(order[half:])
    return draw.one([left + right, left + shift(right), shift(left) + right])


def walked_rows(draw, layout):
    """From one of the keys along the rows, run on, to one of 30 lengths; forward, backward, or with every other key."""
    text = "".join(row[:10] for row in LAYOUTS[layout])
    text = draw.one([text, text[::-1], text[::2] + text[1::2]]) * 2
    first = draw.number(0, 39)
    part = text[first : first + draw.number(15, 26)]
    return draw.one([part, shift(part), part.capitalize()])


def wandered(draw, layout, pieces):
    """A walk in straight pieces: 6 directions x 3 to 7 keys each; at the edge it comes in again on the other side."""
    rows = LAYOUTS[layout]
    y, x, text = draw.number(0, len(rows) - 1), draw.number(0, 9), ""
    for _ in range(pieces):
        down, right = draw.one(STEPS)
        for _ in range(draw.number(3, 7)):
            row = rows[y % len(rows)]
            text += row[x % min(len(row), 10)]
            y, x = y + down, x + right
    return text


@weak(10 * 5 * 3 * 2 * 3)
def walk_in_columns(draw):
    """10 first columns x 5 lengths x 3 ways x 2 directions x 3 ways with Shift."""
    return walked_columns(draw, "qwerty")


@weak(5 * 10 * 5 * 3 * 2 * 3, only_test=True)
def walk_in_columns_of_other_keyboards(draw):
    """5 keyboards x 10 first columns x 5 lengths x 3 ways x 2 directions x 3 ways with Shift."""
    return walked_columns(draw, draw.one(["azerty", "qwertz", "dvorak", "spanish", "russian"]))


@weak(40 * 12 * 3 * 3)
def walk_along_rows(draw):
    """40 keys x 12 lengths x 3 directions x 3 ways with Shift."""
    return walked_rows(draw, "qwerty")


@weak(5 * 40 * 12 * 3 * 3, only_test=True)
def walk_along_rows_of_other_keyboards(draw):
    """5 keyboards x 40 keys x 12 lengths x 3 directions x 3 ways with Shift."""
    return walked_rows(draw, draw.one(["azerty", "qwertz", "dvorak", "spanish", "russian"]))


@weak(4 * 10 * (6 * 5) ** 4)
def walk_with_turns(draw):
    """40 keys x (6 directions x 5 lengths) four times: 32,400,000."""
    return wandered(draw, "qwerty", 4)


@weak(4 * 4 * 10 * (6 * 5) ** 4, only_test=True)
def walk_with_turns_on_other_keyboards(draw):
    """4 keyboards x 40 keys x (6 directions x 5 lengths) four times: 129,600,000."""
    return wandered(draw, draw.one(["azerty", "qwertz", "dvorak", "russian"]), 4)


@weak(3 * 10 * (6 * 5) ** 4, only_test=True)
def walk_on_the_number_pad(draw):
    """30 beginnings x (6 directions x 5 lengths) four times: 24,300,000."""
    return wandered(draw, "pad", 4)


@weak(40 * 6 * 5 * 6 * 5 * 5 * 4)
def short_walk_repeated(draw):
    """40 keys x (6 directions x 5 lengths) twice x 5 times over x 4 joiners."""
    return draw.one(["", "-", " ", "!"]).join([wandered(draw, "qwerty", 2)] * draw.number(2, 6))


@weak(9 * 5 * 4 * 20, only_test=True)
def zigzag_between_rows(draw):
    """Two rows of four x 9 first keys x 5 lengths x 20 tails."""
    rows, first = LAYOUTS["qwerty"], draw.number(0, 2)
    upper, start = draw.number(0, 2), first
    pairs = zip(rows[upper][start:10], rows[upper + 1][start:10], strict=False)
    return "".join(a + b for a, b in pairs)[: draw.number(14, 18)] + draw.pick(TAILS)


@weak(100 * 50 * 16)
def arithmetic_sequence(draw):
    """100 first numbers x 50 steps x 16 lengths."""
    first, step = draw.number(0, 99), draw.number(1, 50)
    return "".join(str(first + step * at) for at in range(draw.number(9, 24)))


@weak(100 * 50 * 16 * 5, only_test=True)
def arithmetic_sequence_with_joiners(draw):
    """100 first numbers x 50 steps x 16 lengths x 5 joiners; downward."""
    last, step = draw.number(0, 99), draw.number(1, 50)
    numbers = [str(last + step * at) for at in range(draw.number(6, 21))]
    return draw.one([",", " ", "-", ".", "+"]).join(numbers[::-1])


@weak(26 * 25 * 16 * 3)
def alphabet_in_steps(draw):
    """26 first letters x 25 steps, so backward too, x 16 lengths x 3 ways with case."""
    first, step = draw.number(0, 25), draw.number(1, 25)
    text = "".join(LETTERS["latin"][(first + step * at) % 26] for at in range(draw.number(15, 30)))
    return draw.one([text, text.upper(), "".join(c.upper() if at % 2 else c for at, c in enumerate(text))])


@weak(2 * 33 * 32 * 16, only_test=True)
def other_alphabet_in_steps(draw):
    """Greek or Russian x 33 first letters x 32 steps x 16 lengths."""
    letters = LETTERS[draw.one(["greek", "russian"])]
    first, step = draw.number(0, len(letters) - 1), draw.number(1, len(letters) - 1)
    return "".join(letters[(first + step * at) % len(letters)] for at in range(draw.number(15, 30)))


@weak(5 * 30 * 20, only_test=True)
def digits_of_a_constant(draw):
    """5 constants x 30 beginnings x 20 lengths."""
    digits, first = draw.one(CONSTANTS), draw.number(0, 29)
    return digits[first : first + draw.number(15, 34)]


@weak(9 * 20 * 20 * 5)
def known_numbers(draw):
    """9 sequences x 20 beginnings x 20 lengths x 5 joiners."""
    fibonacci = [1, 1]
    while len(fibonacci) < 50:
        fibonacci.append(sum(fibonacci[-2:]))
    primes = [n for n in range(2, 250) if all(n % by for by in range(2, math.isqrt(n) + 1))][:50]
    all_of = [
        fibonacci, primes, [n * n for n in range(1, 51)], [n**3 for n in range(1, 51)], [n * (n + 1) // 2 for n in range(1, 51)]
    ]
    all_of += [[base**n for n in range(50)] for base in (2, 3, 5, 7)]
    first, count = draw.number(0, 19), draw.number(6, 25)
    return draw.one(["", " ", ",", "-", "."]).join(map(str, draw.one(all_of)[first : first + count]))[:60]


@weak(36**3 * 36 * 6)
def unit_repeated(draw):
    """Up to four of 36 letters and digits x 6 times over: 10,077,696."""
    unit = draw.text(string.ascii_lowercase + string.digits, draw.random.randint(2, 4))
    return (unit * 9)[: draw.number(15, 20)]


@weak(26**5 * 5, only_test=True)
def five_letters_repeated(draw):
    """Five lower-case letters x 3 to 7 times over: 59,406,880."""
    return draw.text(string.ascii_lowercase, 5) * draw.number(3, 7)


@weak(10**8, only_test=True)
def eight_digits_twice(draw):
    """Eight digits, twice over: 100,000,000."""
    return draw.text(string.digits, 8) * 2


@weak(26**5 * 10, only_test=True)
def mirrored_letters(draw):
    """Five lower-case letters, mirrored, and the same again x ten digits: 118,813,760."""
    half = draw.text(string.ascii_lowercase, 5)
    return half + half[::-1] + half + draw.one(string.digits)


@weak(95 * 95 * 40)
def one_or_two_characters(draw):
    """Two of 95 characters x 40 lengths."""
    first, second = draw.text(string.printable[:95], 2)
    length = draw.number(15, 54)
    return first * length if draw.random.random() < 0.3 else first * (length // 2) + second * (length - length // 2)


@weak(26 * 10 * 25 * 9 * 12 * 2)
def letters_and_digits_alternating(draw):
    """26 letters x 10 digits x 25 x 9 steps x 12 lengths x 2 cases: a1b2c3d4 and its like."""
    letter, digit, by, on = draw.number(0, 25), draw.number(0, 9), draw.number(1, 25), draw.number(1, 9)
    count = draw.number(8, 19)
    text = "".join(string.ascii_lowercase[(letter + by * at) % 26] + str((digit + on * at) % 10) for at in range(count))
    return draw.one([text, text.upper()])


@weak(26 * 10 * 8 * 8 * 9, only_test=True)
def growing_runs(draw):
    """26 letters or 10 digits x 8 x 8 lengths x 9 joiners: abbcccdddd and its like."""
    letters, first = draw.one([string.ascii_lowercase, string.digits]), draw.number(0, 25)
    count = draw.number(5, 8)
    runs = [letters[(first + at) % len(letters)] * (at + 1) for at in range(count)]
    return draw.one(["", "-", " "]).join(draw.one([runs, runs[::-1]]))


@weak(10**8, floor=8)
def eight_digits(draw):
    """Eight random digits: 100,000,000."""
    return draw.text(string.digits, 8)


@weak(26**5 * 11, floor=8, only_test=True)
def five_letters_and_123(draw):
    """Five lower-case letters x 11 tails: 130,695,136."""
    return draw.text(string.ascii_lowercase, 5) + draw.one(
        ["123", "1234", "12345", "111", "000", "321", "007", "!!!", "999", "xxx", "777"]
    )


@weak(36**4 * 4, floor=8, only_test=True)
def four_characters_twice(draw):
    """Four of 36 letters and digits, twice, mirrored or with a joiner: 6,718,464."""
    unit = draw.text(string.ascii_lowercase + string.digits, 4)
    return draw.one([unit * 2, unit + unit[::-1], f"{unit}-{unit}", f"{unit} {unit}"])


@weak(40 * (6 * 5) ** 3 * 5, floor=8)
def short_walk(draw):
    """40 keys x (6 directions x 5 lengths) three times x 5 tails: 5,400,000."""
    return wandered(draw, "qwerty", 3)[: draw.number(8, 12)]


@weak(4 * 40 * (6 * 5) ** 3 * 4, floor=8, only_test=True)
def short_walk_on_other_keyboards(draw):
    """4 keyboards x 40 keys x (6 directions x 5 lengths) three times x 4 tails: 17,280,000."""
    text = wandered(draw, draw.one(["azerty", "qwertz", "dvorak", "russian"]), 3)[:9]
    return draw.one([text, shift(text), text.capitalize(), text + "1"])


@weak(26 * 25 * 10 * 9 * 4, floor=8, only_test=True)
def short_sequence(draw):
    """26 letters x 25 steps x 10 digits x 9 steps x 4 ways to put them together."""
    letter, by, digit, on = draw.number(0, 25), draw.number(1, 25), draw.number(0, 9), draw.number(1, 9)
    letters = "".join(string.ascii_lowercase[(letter + by * at) % 26] for at in range(4))
    digits = "".join(str((digit + on * at) % 10) for at in range(4))
    return draw.one(
        [letters + digits, digits + letters, letters.upper() + digits, "".join(a + b for a, b in zip(letters, digits, strict=True))]
    )
