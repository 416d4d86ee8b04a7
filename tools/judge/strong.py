"""Strong: drawn evenly from at least 2^51 values. The attacker knows the rule and the whole list; only the draw is secret.

Where words are put together without a joiner, two draws may spell the same value; one more word than needed makes up for it.
"""

import string
import uuid

from draw import strong

PRINTABLE = string.ascii_letters + string.digits + string.punctuation
KEEPER_SIGNS = "!@#$%^&*-_+="
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE32 = string.ascii_uppercase + "234567"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE64 = string.ascii_letters + string.digits + "+/"
CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"
# Level 1 of GB 2312, and the syllables of KS X 1001, as Python's own codecs know them.
HAN = [bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) if (row, cell) < (0xD7, 0xFA)]
HANGUL = [bytes([row, cell]).decode("euc_kr") for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF)]
KANA = [chr(code) for code in range(0x3042, 0x3094) if chr(code) not in "ぃぅぇぉっゃゅょゎゐゑ"]
RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
GREEK, ARABIC, DEVANAGARI = "αβγδεζηθικλμνξοπρστυφχψω", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي", "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह"
HEBREW = "אבגדהוזחטיכלמנסעפצקרשת"
EMOJI_RANGES = (
    (0x1F300, 0x1F320), (0x1F32D, 0x1F335), (0x1F337, 0x1F37C), (0x1F37E, 0x1F393), (0x1F3A0, 0x1F3CA), (0x1F3CF, 0x1F3D3),
    (0x1F3E0, 0x1F3F0),
    (0x1F3F8, 0x1F3FA), (0x1F400, 0x1F43E), (0x1F442, 0x1F4FC), (0x1F4FF, 0x1F53D), (0x1F54B, 0x1F54E), (0x1F550, 0x1F567),
    (0x1F5FB, 0x1F64F),
    (0x1F680, 0x1F6C5), (0x1F6D0, 0x1F6D2), (0x1F6F4, 0x1F6FC), (0x1F7E0, 0x1F7EB), (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945),
    (0x1F947, 0x1F9FF),
    (0x1FA70, 0x1FA74), (0x1FA78, 0x1FA7A), (0x1FA80, 0x1FA86), (0x1FA90, 0x1FAA8), (0x1FAB0, 0x1FAB6), (0x1FAC0, 0x1FAC2),
    (0x1FAD0, 0x1FAD6), (0x2648, 0x2653),
)
EMOJI = [chr(code) for first, last in EMOJI_RANGES for code in range(first, last + 1)]
assert (len(PRINTABLE), len(HAN), len(HANGUL)) == (94, 3_755, 2_350)
assert len(set(EMOJI)) == len(EMOJI) >= 1_024 and len(KANA) >= 70

BOTH = (15, 8)


def least(draw, single, second):
    """How many, by the floor."""
    return single if draw.floor == 15 else second


def long_enough(draw, joiner, words, behind):
    """The words with a joiner; one word more where four were too short."""
    while len(text := joiner.join(words + behind)) < draw.floor:
        words = [*words, draw.one(draw.lists.diceware).title()]
    return text


@strong(94**8, BOTH)
def random_printable(draw):
    """94^8 = 2^52.4 at the floor of 8, 94^15 at 15; up to five more."""
    return draw.text(PRINTABLE, least(draw, 15, 8) + draw.random.randint(0, 5))


@strong(26**11, BOTH)
def random_lower_case(draw):
    """26^11 = 2^51.7; 26^15 at the floor of 15."""
    return draw.text(string.ascii_lowercase, least(draw, 15, 11) + draw.random.randint(0, 4))


@strong(36**10, BOTH, only_test=True)
def random_lower_case_and_digits(draw):
    """36^10 = 2^51.7; 36^15 at the floor of 15."""
    return draw.text(string.ascii_lowercase + string.digits, least(draw, 15, 10) + draw.random.randint(0, 3))


@strong(62**9, BOTH)
def random_letters_and_digits(draw):
    """62^9 = 2^53.6; 62^15 at the floor of 15."""
    return draw.text(string.ascii_letters + string.digits, least(draw, 15, 9) + draw.random.randint(0, 3))


@strong(10**16, BOTH)
def random_digits(draw):
    """10^16 = 2^53.2."""
    return draw.text(string.digits, 16 + draw.random.randint(0, 6))


@strong(16**13, BOTH)
def random_hex(draw):
    """16^13 = 2^52; 16^15 at the floor of 15."""
    return draw.text("0123456789abcdef", least(draw, 15, 13) + draw.random.randint(0, 17))


@strong(32**11, BOTH, only_test=True)
def random_base32(draw):
    """32^11 = 2^55; 32^16 at the floor of 15."""
    return draw.text(BASE32, least(draw, 16, 11))


@strong(58**9, BOTH, only_test=True)
def random_base58(draw):
    """58^9 = 2^52.7; 58^15 at the floor of 15."""
    return draw.text(BASE58, least(draw, 15, 9) + draw.random.randint(0, 4))


@strong(64**10, BOTH, only_test=True)
def random_base64(draw):
    """64^10 = 2^60; 64^15 at the floor of 15; signs of padding behind some."""
    count = least(draw, 15, 10) + draw.random.randint(0, 12)
    return draw.text(BASE64, count) + {2: "==", 3: "="}.get(count % 4, "")


@strong(32**12)
def crockford_groups(draw):
    """32^12 = 2^60, in groups with dashes."""
    size, count = draw.random.choice([(4, 3), (4, 4), (5, 3), (5, 5), (6, 3)])
    text = "-".join(draw.text(CROCKFORD, size) for _ in range(count))
    return text if len(text) >= 15 else text + "-" + draw.one(CROCKFORD)


@strong(10**16, only_test=True)
def groups_of_digits(draw):
    """10^16 and more, in groups of four: 2^53.2."""
    return draw.random.choice([" ", "-", "."]).join(draw.text(string.digits, 4) for _ in range(draw.random.randint(4, 6)))


@strong(2**122)
def random_uuid(draw):
    """2^122: UUID, version 4."""
    number = draw.number(0, 2**128 - 1)
    draw.count //= 2**6  # six bits are the same in all of them
    return str(uuid.UUID(int=number, version=4))


@strong(7_776**4)
def diceware(draw):
    """7,776^4 = 2^51.7 and more, with a joiner that the attacker knows."""
    return draw.random.choice([" ", "-", "_", "."]).join(draw.many(draw.lists.diceware, draw.random.randint(4, 6)))


@strong(7_776**4)
def diceware_with_capitals(draw):
    """7,776^4 = 2^51.7: four words and more; the capitals part them."""
    words = [word.title() for word in draw.many(draw.lists.diceware, draw.random.randint(4, 5))]
    return long_enough(draw, draw.random.choice(["", " "]), words, [])


@strong(7_776**5, only_test=True)
def diceware_without_joiner(draw):
    """7,776^5 = 2^64.6, less what two draws may spell alike."""
    return "".join(draw.many(draw.lists.diceware, 5))


@strong(7_776**4 * 100, only_test=True)
def diceware_and_number(draw):
    """7,776^4 x 100 = 2^58.3: four words and two digits, as password managers write them."""
    words, number = draw.many(draw.lists.diceware, 4), f"{draw.number(0, 99):02}"
    joiner = draw.random.choice(["-", ".", " ", ""])
    return long_enough(draw, joiner, [word.title() for word in words], [number])


@strong(7_776**3 * 10_000, only_test=True)
def three_words_and_a_number(draw):
    """7,776^3 x 10,000 = 2^52.1."""
    words, number = draw.many(draw.lists.diceware, 3), f"{draw.number(0, 9_999):04}"
    words = [word.title() for word in words] + [number]
    return draw.random.choice(["-", " ", "_"]).join(words)


@strong(7_776**3 * 42**3, BOTH, only_test=True)
def diceware_with_signs_between(draw):
    """7,776^3 x 42^3 = 2^54.9: three words, four at the floor of 15, and one of 42 digits and signs behind each."""
    signs = string.digits + string.punctuation
    return "".join(word + draw.one(signs) for word in draw.many(draw.lists.diceware, least(draw, 4, 3)))


@strong(8_192**4)
def words_of_spanish(draw):
    """8,192^4 = 2^52 and more."""
    return draw.random.choice([" ", "-"]).join(draw.many(draw.lists.long_lists["es"], draw.random.randint(4, 5)))


@strong(8_192**4, only_test=True)
def words_of_another_language(draw):
    """8,192^4 = 2^52: four words of French, Portuguese or Indonesian; the attacker knows of which."""
    words = draw.many(draw.lists.long_lists[draw.random.choice(["fr", "pt", "id"])], 4)
    return draw.random.choice([" ", "-", "."]).join(words)


@strong(2_048**5, only_test=True)
def words_of_wallets(draw):
    """2,048^5 = 2^55: five words of a BIP-39 list; the attacker knows of which."""
    languages = ("english", "spanish", "french", "italian", "portuguese", "czech")
    return draw.random.choice([" ", "-"]).join(draw.many(draw.lists.bip39[draw.random.choice(languages)], 5))


@strong(2_048**6, only_test=True)
def words_of_wallets_in_other_scripts(draw):
    """2,048^6 = 2^66: six Korean or Japanese words of a BIP-39 list."""
    return " ".join(draw.many(draw.lists.bip39[draw.random.choice(["korean", "japanese"])], 6))


@strong(1_000**6, only_test=True)
def six_common_words(draw):
    """1,000^6 = 2^59.8: six of the 1,000 most common words."""
    return " ".join(draw.many(draw.lists.words[draw.language][:1_000], 6))


@strong(90**8, BOTH)
def syllables(draw):
    """(18 x 5)^8 = 2^51.9: eight syllables of a consonant and a vowel."""
    return "".join(draw.one(CONSONANTS) + draw.one(VOWELS) for _ in range(8))


@strong(90**6 * 10**4, BOTH, only_test=True)
def syllables_and_digits(draw):
    """(18 x 5)^6 x 10^4 = 2^52.2: three times two syllables and digits, as pronounceable generators write them."""
    parts = ["".join(draw.one(CONSONANTS) + draw.one(VOWELS) for _ in range(3)) for _ in range(2)]
    return f"{parts[0].title()}{draw.text(string.digits, 2)}-{parts[1].title()}{draw.text(string.digits, 2)}"


@strong(26**18)
def keychain(draw):
    """26^18 = 2^84.6: three groups of six small letters with dashes."""
    return "-".join(draw.text(string.ascii_lowercase, 6) for _ in range(3))


@strong((18 * 5) ** 9, only_test=True)
def keychain_that_can_be_spoken(draw):
    """(18 x 5)^9 = 2^58.4: three groups of three syllables with dashes."""
    return "-".join("".join(draw.one(CONSONANTS) + draw.one(VOWELS) for _ in range(3)) for _ in range(3))


@strong(74**9, BOTH)
def manager_with_every_class(draw):
    """74^9 = 2^55.9 and more: letters, digits and 12 signs, with all four classes, which leaves more than 2^51."""
    letters = string.ascii_letters + string.digits + KEEPER_SIGNS
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits, KEEPER_SIGNS)
    count = least(draw, 16, 10)
    before = draw.count
    while True:
        draw.count = before
        text = draw.text(letters, count)
        # 59 % of all texts of ten characters have all four.
        if all(any(c in own for c in text) for own in classes):
            draw.count //= 4
            return text


@strong(2_350**5, BOTH)
def random_hangul(draw):
    """2,350^8 = 2^89.6 at the floor of 8, 2,350^15 at 15: syllables of KS X 1001."""
    return draw.text(HANGUL, least(draw, 15, 8))


@strong(3_755**5, BOTH)
def random_han(draw):
    """3,755^8 = 2^95 at the floor of 8, 3,755^15 at 15: common Chinese characters."""
    return draw.text(HAN, least(draw, 15, 8))


@strong(32**11, BOTH, only_test=True)
def random_cyrillic(draw):
    """32^11 = 2^55; 32^15 at the floor of 15."""
    return draw.text(RUSSIAN, least(draw, 15, 11))


@strong(22**12, BOTH, only_test=True)
def random_letters_of_another_script(draw):
    """22^12 = 2^53.5 and more: Greek, Arabic, Devanagari or Hebrew; 15 at the floor of 15."""
    return draw.text(draw.random.choice([GREEK, ARABIC, DEVANAGARI, HEBREW]), least(draw, 15, 12))


@strong(70**9, BOTH, only_test=True)
def random_kana(draw):
    """70^9 = 2^55.2; 70^15 at the floor of 15."""
    return draw.text(KANA, least(draw, 15, 9))


@strong(1_024**6, BOTH)
def random_emoji(draw):
    """1,024^8 = 2^80 and more at the floor of 8, 1,024^15 at 15."""
    return draw.text(EMOJI, least(draw, 15, 8))


@strong(7_776**3 * 1_024 * 10**3, only_test=True)
def words_with_digits_and_emoji(draw):
    """7,776^3 x 1,024 x 1,000 = 2^58.7: three words, three digits and an emoji."""
    words = draw.many(draw.lists.diceware, 3)
    return f"{words[0]} {words[1]} {draw.text(string.digits, 3)} {words[2]}{draw.one(EMOJI)}"


@strong(7_776**4 * 100 * 8, only_test=True)
def sentence(draw):
    """7,776^4 x 100 x 8 = 2^61.3: a sentence whose four nouns, number and ending are drawn."""
    words, number = draw.many(draw.lists.diceware, 4), draw.number(2, 101)
    ending = draw.one(["today", "at noon", "in May", "at home", "for tea", "by train", "for us", "again"])
    return f"The {words[0]} of {words[1]} sold {number} {words[2]} to the {words[3]} {ending}."


@strong(94**8)
def random_printable_and_a_known_word(draw):
    """94^8 = 2^52.4, behind a word that the attacker knows."""
    return draw.random.choice(
        ["portal-", "mail-2026-", "Summer2024", "password"]
    ) + draw.text(PRINTABLE, 8 + draw.random.randint(0, 2))


@strong(26**12, only_test=True)
def random_letters_apart(draw):
    """26^12 = 2^56.4: twelve letters in groups of three, with a joiner that the attacker knows."""
    letters = draw.text(string.ascii_lowercase, 12)
    return draw.random.choice([" ", "-", "."]).join(letters[at : at + 3] for at in range(0, 12, 3))


@strong(7_776**4, only_test=True)
def diceware_in_upper_case(draw):
    """7,776^4 = 2^51.7."""
    return draw.random.choice([" ", "-"]).join(word.upper() for word in draw.many(draw.lists.diceware, 4))
