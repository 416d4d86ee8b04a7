"""People and services that do not exist. The attacker knows all that is said of them."""

import datetime
import unicodedata

from draw import Pool
from sources import NAMED

SERVICES = Pool(
    [
        ("Riverbend", "Clinic"), ("Mercy", "Portal"), ("Northgate", "Health"), ("Lakeside", "Bank"), ("Cedar", "Library"),
        ("Harbor", "Insurance"), ("Summit", "University"), ("Valley", "Hospital"), ("Oakfield", "Pharmacy"),
        ("Sunrise", "Dental"), ("Greenhill", "Energy"), ("Maple", "Pensions"),
    ]
)
STREETS = {
    "en": Pool(["{n} Oak Street", "{n} Church Lane", "{n} Washington Avenue", "{n} Park Road", "{n} Mill Lane", "{n} Elm Drive"]),
    "es": Pool(
        [
            "Calle Mayor {n}", "Avenida Reforma {n}", "Calle de Alcala {n}", "Plaza Nueva {n}", "Paseo del Prado {n}",
            "Calle Luna {n}"
        ]
    ),
    "fr": Pool(
        ["{n} rue de la Paix", "{n} avenue Foch", "{n} rue Pasteur", "{n} place Carnot", "{n} rue Victor Hugo", "{n} quai Voltaire"]
    ),
    "pt": Pool(
        ["Rua Augusta {n}", "Avenida Brasil {n}", "Rua das Flores {n}", "Rua do Ouro {n}", "Largo da Graca {n}", "Rua Direita {n}"]
    ),
}
TOWNS = {
    "en": Pool(["Springfield", "Portland", "Bristol", "Dayton", "Leeds", "Austin"]),
    "es": Pool(["Sevilla", "Guadalajara", "Valencia", "Monterrey", "Bilbao", "Rosario"]),
    "fr": Pool(["Lyon", "Nantes", "Lille", "Rennes", "Toulouse", "Dijon"]),
    "pt": Pool(["Lisboa", "Campinas", "Porto", "Recife", "Coimbra", "Curitiba"]),
}
PHONES = {"en": "+1{n:010d}", "es": "+34{n:09d}", "fr": "+33{n:09d}", "pt": "+351{n:09d}"}


def plain(text):
    """Lower case, without accents."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def live(draw):
    """Gives the draw a person and a service. They are known, and so count for nothing."""
    language = draw.random.choice(NAMED)
    given, family = draw.pick(draw.lists.given[language]), draw.pick(draw.lists.family[language])
    town = draw.pick(TOWNS[language])
    born = datetime.date(1935, 1, 1) + datetime.timedelta(days=draw.random.randrange(70 * 365))
    roll = draw.random
    short_given, short_family = plain(given), plain(family)
    username = roll.choice(
        [
            f"{short_given}.{short_family}", f"{short_given[0]}{short_family}", f"{short_given}{born.year % 100:02d}",
            f"{short_family}_{short_given[0]}"
        ]
    )
    phone = {"en": 2_010_000_000, "es": 600_000_000, "fr": 600_000_000, "pt": 910_000_000}[language] + roll.randrange(80_000_000)
    draw.person = {
        "username": username,
        "given_name": given.title(),
        "family_name": family.title(),
        "birth_date": born.isoformat(),
        "record_number": roll.choice(["MRN-{:06d}", "{:08d}", "P{:07d}", "{:06d}"]).format(roll.randrange(100_000, 1_000_000)),
        "email": f"{roll.choice([username, short_given + '.' + short_family, short_family + str(born.year)])}@mail.example",
        "phone": PHONES[language].format(n=phone),
        "address": f"{draw.pick(STREETS[language]).format(n=roll.randrange(1, 400))}, {town} {roll.randrange(10_000, 99_999)}",
    }
    draw.service = list(draw.pick(SERVICES))
    draw.language = language
    draw.count = 1


def facts(draw):
    """What people put into a password of what is known of them."""
    person = draw.person
    street, town = person["address"].split(", ")
    digits = "".join(c for c in person["phone"] if c.isdigit())
    year, month, day = person["birth_date"].split("-")
    return {
        "given": person["given_name"],
        "family": person["family_name"],
        "username": person["username"],
        "email": person["email"],
        "mailbox": person["email"].split("@")[0],
        "record": person["record_number"],
        "phone": digits[-9:],
        "street": "".join(c for c in street if c.isalnum()),
        "town": town.rsplit(" ", 1)[0],
        "year": year,
        "day": day + month + year,
        "short_day": day + month + year[2:],
        "turned_day": year + month + day,
        "month_day": month + day,
    }
