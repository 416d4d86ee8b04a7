"""Weak: dates, in the many forms that people write them."""

import datetime

from draw import Pool, weak
from weak_listed import TAILS

MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    "de": "Januar Februar Maerz April Mai Juni Juli August September Oktober November Dezember".split(),
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split(),
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro".split(),
}
WORDED = {
    "en": Pool(["{m} {d}, {y}", "{d} {m} {y}", "{d}th of {m} {y}", "{m}-{d:02}-{y}", "{d:02}{m}{y}", "{m}{d}{y}"]),
    "es": Pool(["{d} de {m} de {y}", "{d:02}{m}{y}", "el {d} de {m} {y}", "{d}-{m}-{y}", "{d}de{m}{y}", "{d} {m} {y}"]),
    "de": Pool(["{d}. {m} {y}", "{d:02}{m}{y}", "der {d}. {m} {y}", "{d}-{m}-{y}", "am {d}. {m} {y}", "{d}{m}{y}"]),
    "fr": Pool(["le {d} {m} {y}", "{d:02}{m}{y}", "{d} {m} {y}", "{d}-{m}-{y}", "{d}er {m} {y}", "{d}{m}{y}"]),
    "pt": Pool(["{d} de {m} de {y}", "{d:02}{m}{y}", "dia {d} de {m} {y}", "{d}-{m}-{y}", "{d}de{m}{y}", "{d} {m} {y}"]),
}
NUMBERED = Pool(
    [
        "{d:02}{n:02}{y}", "{y}{n:02}{d:02}", "{n:02}{d:02}{y}", "{d:02}.{n:02}.{y}", "{d:02}/{n:02}/{y}", "{y}-{n:02}-{d:02}",
        "{n:02}/{d:02}/{y}", "{d}-{n}-{y}", "{d:02} {n:02} {y}"
    ]
)
DAYS = 36_525  # a hundred years
OCCASIONS = ["born on ", "married ", "nacido el ", "ourwedding", "since ", "my birthday ", "fecha de nacimiento ", "geboren am "]


def day(draw):
    return datetime.date(1926, 1, 1) + datetime.timedelta(days=draw.number(0, DAYS - 1))


def written(form, date, language="en"):
    return form.format(d=date.day, n=date.month, y=date.year, m=MONTHS[language][date.month - 1])


@weak(DAYS * 6 * 20)
def date_in_words(draw):
    """36,525 days x 6 forms x 20 tails: 4,383,000."""
    return written(draw.pick(WORDED["en"]), day(draw)) + draw.pick(TAILS)


@weak(DAYS * 4 * 6 * 20, only_test=True)
def date_in_words_of_other_languages(draw):
    """36,525 days x 4 languages x 6 forms x 20 tails: 17,532,000."""
    language = draw.one(["es", "de", "fr", "pt"])
    return written(draw.pick(WORDED[language]), day(draw), language) + draw.pick(TAILS)


@weak(DAYS * 9 * 9 * 5)
def date_twice(draw):
    """36,525 days x two of 9 forms x 5 joiners: 14,792,625."""
    date = day(draw)
    return draw.one(["", " ", "-", "_", "&"]).join([written(draw.pick(NUMBERED), date), written(draw.pick(NUMBERED), date)])


@weak(DAYS * 9 * 9 * 5, only_test=True)
def birthday_and_another_day(draw):
    """The person's birthday in one of 9 forms, and one of 36,525 days in another x 5 joiners: 14,792,625."""
    dates = [datetime.date.fromisoformat(draw.person["birth_date"]), day(draw)]
    return draw.one(["", " ", "-", "_", "&"]).join(written(draw.pick(NUMBERED), date) for date in dates)


@weak(9 * 1_200 * 1_200 * 5, only_test=True)
def two_months(draw):
    """Two of 1,200 months of a hundred years x 9 forms x 5 languages: 64,800,000."""
    language = draw.one(MONTHS)
    texts = [MONTHS[language][draw.number(0, 11)] + str(draw.number(1927, 2026)) for _ in range(2)]
    return draw.one(["", " ", "-", "_", "&", "+", ".", "/", "!"]).join(texts)


@weak(DAYS * 8 * 9)
def date_with_its_occasion(draw):
    """36,525 days x 8 occasions x 9 forms: 2,629,800."""
    return draw.one(OCCASIONS) + written(draw.pick(NUMBERED), day(draw))


@weak(DAYS * 1_440, only_test=True)
def date_and_time(draw):
    """36,525 days x 1,440 minutes: 52,596,000."""
    date = day(draw)
    return f"{date.isoformat()} {draw.number(0, 23):02}:{draw.number(0, 59):02}"


@weak(DAYS * 9, floor=8)
def date_in_digits(draw):
    """36,525 days x 9 forms."""
    return written(draw.pick(NUMBERED), day(draw))


@weak(1_200 * 5 * 20 * 3, floor=8, only_test=True)
def month_and_year(draw):
    """1,200 months x 5 languages x 20 tails x 3 ways with case."""
    text = MONTHS[draw.one(MONTHS)][draw.number(0, 11)] + str(draw.number(1927, 2026)) + draw.pick(TAILS)
    return draw.one([text, text.lower(), text.upper()])
