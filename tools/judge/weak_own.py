"""Weak: made of what is known of the person or the service, and a filler that is soon guessed."""

import disguise
from draw import Pool, weak
from people import facts, plain
from weak_listed import TAILS, YEARS

FILLERS = Pool(
    [
        "123456", "12345", "1234", "password", "qwerty", "abc123", "iloveyou", "welcome", "letmein", "111111", "000000",
        "asdfgh", "1q2w3e", "admin", "secret", "987654321",
        "abcdef", "zxcvbn", "login", "changeme", "!!!!!!", "......", "xxxxxx", "------", "forever", "rocks", "isthebest",
        "loves", "family", "12345678",
    ]
)
SEASONS = [
    "Spring", "Summer", "Autumn", "Winter", "Fall", "Primavera", "Verano", "Otono", "Invierno", "Printemps", "Ete", "Hiver",
    "Verao"
]
KEYS = (
    "given", "family", "username", "mailbox", "record", "phone", "street", "town", "year", "day", "short_day", "turned_day",
    "month_day"
)
NAMES = ("given", "family", "username", "mailbox", "town", "street")
JOINERS = ["", ".", "-", "_", " ", "@", "#", "&"]


def own(draw, keys=KEYS):
    return facts(draw)[draw.one(keys)]


def service(draw):
    first, second = draw.service
    return draw.one([first, second, first + second, (first + second).lower(), f"{first} {second}"])


@weak(13 * 30 * 2 * 8 * 20)
def own_and_filler(draw):
    """13 facts x 30 fillers x before or behind x 8 joiners x 20 tails: 124,800."""
    pair = [own(draw), draw.pick(FILLERS)]
    return draw.one(JOINERS).join(draw.one([pair, pair[::-1]])) + draw.pick(TAILS)


@weak(13 * 13 * 8 * 20)
def two_own(draw):
    """13 x 13 facts x 8 joiners x 20 tails."""
    return draw.one(JOINERS).join([own(draw), own(draw)]) + draw.pick(TAILS)


@weak(13**4 * 8, only_test=True)
def own_after_own(draw):
    """13 facts, up to four of them, x 8 joiners: 228,488."""
    return draw.one(JOINERS).join(own(draw) for _ in range(draw.random.randint(3, 4)))


@weak(13 * 30 * 30, only_test=True)
def own_in_the_middle(draw):
    """30 fillers x 13 facts x 30 fillers."""
    return draw.pick(FILLERS) + own(draw) + draw.pick(FILLERS)


@weak(13 * 30 * 20, only_test=True)
def own_inside_a_split_filler(draw):
    """13 facts x 30 fillers, half before and half behind, x 20 tails."""
    filler = draw.pick(FILLERS)
    half = len(filler) // 2
    return filler[:half] + own(draw) + filler[half:] + draw.pick(TAILS)


@weak(77 * 20)
def email_and_year(draw):
    """77 years x 20 tails, after the e-mail address."""
    return facts(draw)["email"] + str(draw.one(YEARS)) + draw.pick(TAILS)


@weak(13 * 8 * 3 * 20)
def own_repeated(draw):
    """13 facts x 8 joiners x two to four times over x 20 tails."""
    return draw.one(JOINERS).join([own(draw)] * draw.number(2, 4)) + draw.pick(TAILS)


@weak(1_000 * 2 * 4, only_test=True)
def record_number_twice_and_digits(draw):
    """1,000 digits between or behind x 2 x 4 joiners."""
    record, digits, joiner = facts(draw)["record"], f"{draw.number(0, 999):03}", draw.one(["", "-", " ", "."])
    return draw.one([record + joiner + record + digits, record + joiner + digits + joiner + record])


@weak(30 * 20 * 4)
def phone_and_tail(draw):
    """30 fillers x 20 tails x 4 ways to write the number."""
    number = draw.person["phone"]
    digits = number.lstrip("+")
    number = draw.one([number, digits, digits[:3] + "-" + digits[3:6] + "-" + digits[6:], digits[::-1]])
    return number + draw.pick(FILLERS) + draw.pick(TAILS)


@weak(6 * 5 * 77 * 20, only_test=True)
def own_name_in_leet_and_year(draw):
    """6 names x 5 tables x 77 years x 20 tails: 46,200."""
    return own(draw, NAMES).translate(draw.one(disguise.LEET)) + str(draw.one(YEARS)) + draw.pick(TAILS)


@weak(13 * 13 * 4 * 20, only_test=True)
def own_reversed(draw):
    """13 facts backward x 13 facts x 4 joiners x 20 tails."""
    return own(draw)[::-1] + draw.one(["", "-", "_", " "]) + own(draw) + draw.pick(TAILS)


@weak(6 * 9 * 6 * 6, only_test=True)
def own_names_disguised(draw):
    """6 x 6 names x 9 styles of letters; or with one of 6 invisible characters between."""
    text = own(draw, NAMES) + own(draw, NAMES)
    if draw.random.random() < 0.5:
        return disguise.styled(text, draw.one(disguise.MATHEMATICAL))
    return draw.one(disguise.BETWEEN).join(text)


@weak(6 * 5_000 * 77 * 5)
def own_name_word_year(draw):
    """6 names x 5,000 words x one of 77 years or none x 5 joiners: 11,550,000."""
    parts = [own(draw, NAMES), draw.pick(draw.lists.common[draw.language][5_000]), str(draw.one(YEARS))]
    return draw.one(["", " ", "-", "_", "."]).join(parts)


@weak(6 * 10**6, only_test=True)
def own_name_and_six_digits(draw):
    """6 names x 1,000,000."""
    return own(draw, ("given", "family", "username", "mailbox", "town", "street")) + f"{draw.number(0, 999_999):06}"


@weak(6 * 2_000 * 20 * 8, only_test=True)
def own_name_and_another_name(draw):
    """6 names x 2,000 given names x 20 tails x 8 joiners: the couple."""
    other = plain(draw.pick(draw.lists.given[draw.language])).title()
    return own(draw, NAMES) + draw.one(JOINERS) + other + draw.pick(TAILS)


@weak(6 * 1_000 * 8, only_test=True)
def own_address_line(draw):
    """The postal address in 6 forms x up to three digits behind x 8 joiners."""
    line = draw.person["address"]
    forms = [line, line.replace(" ", ""), line.lower(), line.replace(",", ""), line.replace(" ", "-"), line.upper()]
    return draw.one(forms) + draw.one(JOINERS) + str(draw.number(0, 999))


@weak(5 * 13 * 77 * 20)
def service_season_year(draw):
    """5 forms of the service's name x 13 seasons x 77 years x 20 tails: 100,100."""
    return service(draw) + draw.one(SEASONS) + str(draw.one(YEARS)) + draw.pick(TAILS)


@weak(5 * 13 * 30 * 20 * 2, only_test=True)
def service_and_own(draw):
    """5 forms of the service's name x 13 facts x 30 fillers x 20 tails x 2 orders."""
    pair = [service(draw), own(draw)]
    return "".join(draw.one([pair, pair[::-1]])) + draw.pick(FILLERS) + draw.pick(TAILS)


@weak(5 * 30 * 20 * 8)
def service_and_filler(draw):
    """5 forms of the service's name x 30 fillers x 20 tails x 8 joiners."""
    return service(draw) + draw.one(JOINERS) + draw.pick(FILLERS) + draw.pick(TAILS)


@weak(5 * 5_000 * 20, only_test=True)
def my_account_at_the_service(draw):
    """5 forms of the service's name x 5,000 words x 20 tails."""
    return f"my{service(draw)}account" + draw.pick(draw.lists.common[draw.language][5_000]) + draw.pick(TAILS)


@weak(13 * 2 * 77 * 20)
def season_year_twice(draw):
    """13 seasons x 2 cases x 77 years x 20 tails, twice over."""
    season = draw.one(SEASONS)
    unit = draw.one([season, season.lower()]) + str(draw.one(YEARS)) + draw.pick(TAILS)
    return unit + unit


@weak(6 * 10_000 * 3, floor=8)
def own_name_and_digits(draw):
    """6 names x up to four digits x 3 ways with case."""
    text = own(draw, NAMES) + f"{draw.number(0, 9_999):04}"
    return draw.one([text, text.lower(), text.upper()])


@weak(13 * 30 * 20, floor=8)
def own_and_short_filler(draw):
    """13 facts x 30 fillers x 20 tails."""
    return own(draw) + draw.pick(FILLERS) + draw.pick(TAILS)


@weak(2_000 * 77 * 20, floor=8, only_test=True)
def name_year_sign(draw):
    """2,000 given names x 77 years x 20 tails: somebody else's."""
    return plain(draw.pick(draw.lists.given[draw.language])).title() + str(draw.one(YEARS)) + draw.pick(TAILS)


@weak(4 * 13 * 77 * 20, floor=8, only_test=True)
def initials_and_facts(draw):
    """4 forms of the initials x 13 facts x 77 years x 20 tails."""
    known = facts(draw)
    first, last = known["given"][0], known["family"][0]
    letters = draw.one([first + last, (first + last).lower(), first.lower() + last, f"{first}.{last}."])
    return letters + own(draw) + draw.pick(TAILS)


@weak(5 * 10_000 * 20, floor=8)
def service_and_digits(draw):
    """5 forms of the service's name x up to four digits x 20 tails."""
    return service(draw) + str(draw.number(0, 9_999)) + draw.pick(TAILS)


@weak(13 * 77 * 20 * 2, floor=8, only_test=True)
def season_year_sign(draw):
    """13 seasons x 2 cases x 77 years x 20 tails."""
    season = draw.one(SEASONS)
    return draw.one([season, season.lower()]) + str(draw.one(YEARS)) + draw.pick(TAILS)


@weak(6 * 5 * 20 * 2, floor=8, only_test=True)
def own_name_in_leet(draw):
    """6 names x 5 tables x 20 tails x 2 orders."""
    name, tail = own(draw, NAMES).translate(draw.one(disguise.LEET)), draw.pick(TAILS)
    return draw.one([name + tail, tail + name])
