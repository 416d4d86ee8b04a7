"""Common disguises of a text, and how much choice each leaves."""

import base64
import codecs
import hashlib
import html
import urllib.parse

LOOK_ALIKES = str.maketrans("aceopxyijsABCEHKMOPTXY", "асеорхуіјѕАВСЕНКМОРТХУ")
GREEK_LOOK_ALIKES = str.maketrans("abeiknoptuvxyABEHIKMNOPTXYZ", "αβεικηορτυνχγΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
LEET = [
    str.maketrans("aeios", "43105"),
    str.maketrans("aeiost", "@31057"),
    str.maketrans("aeiosAEIOS", "@3!0$@3!0$"),
    str.maketrans("abegiostz", "4836105+2"),
    str.maketrans("aeilost", "@3!1057"),
]
# First letters of the alphabets among the mathematical letters: capital, small, digit or none.
MATHEMATICAL = [
    (0x1D400, 0x1D41A, 0x1D7CE), (0x1D5A0, 0x1D5BA, 0x1D7E2), (0x1D5D4, 0x1D5EE, 0x1D7EC), (0x1D670, 0x1D68A, 0x1D7F6),
    (0x1D468, 0x1D482, None), (0x1D4D0, 0x1D4EA, None), (0x1D56C, 0x1D586, None), (0x1D608, 0x1D622, None),
    (0x1D63C, 0x1D656, None),
]
CIRCLED = (0x24B6, 0x24D0, None)
BETWEEN = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"]
MARKS = ["\u0300", "\u0301", "\u0302", "\u0303", "\u0308", "\u030a", "\u0323", "\u0332", "\u0336", "\u0338"]
ACCENTED = [
    str.maketrans("aeiouAEIOU", "äëïöüÄËÏÖÜ"), str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ"),
    str.maketrans("aeiouAEIOU", "àèìòùÀÈÌÒÙ"), str.maketrans("aeiou", "âêîôû")
]
UPSIDE_DOWN = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz")
SMALL_CAPITALS = str.maketrans("abcdefghijklmnopqrstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ")
BRAILLE = str.maketrans("abcdefghijklmnopqrstuvwxyz", "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵")
MORSE = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..".split(),
        strict=True,
    )
)
NATO_WORDS = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra "
    "tango uniform victor whiskey xray yankee zulu"
)
NATO = {word[0]: word for word in NATO_WORDS.split()}
PHONE_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
RUSSIAN_KEYS = dict(zip("qwertyuiop[]asdfghjkl;'zxcvbnm,.", "йцукенгшщзхъфывапролджэячсмитьбю", strict=True))
TO_RUSSIAN = str.maketrans(RUSSIAN_KEYS)
FROM_RUSSIAN = str.maketrans({russian: latin for latin, russian in RUSSIAN_KEYS.items()})
RIGHT_KEY = str.maketrans("qwertyuioasdfghjkzxcvbnm", "wertyuiopsdfghjklxcvbnm,")


def fullwidth(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def styled(text, style):
    capital, small, digit = style

    def letter(c):
        if "A" <= c <= "Z":
            return chr(capital + ord(c) - ord("A"))
        if "a" <= c <= "z":
            return chr(small + ord(c) - ord("a"))
        return chr(digit + ord(c) - ord("0")) if digit and "0" <= c <= "9" else c

    return "".join(map(letter, text))


def as_base64(text):
    return base64.b64encode(text.encode()).decode()


def as_base32(text):
    return base64.b32encode(text.encode()).decode()


def as_hex(text):
    return text.encode().hex()


def as_binary(text):
    return "".join(f"{byte:08b}" for byte in text.encode())


def as_codes(text):
    return " ".join(str(ord(c)) for c in text)


def as_percents(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


def as_entities(text):
    return "".join(f"&#{ord(c)};" for c in text)


def as_escapes(text):
    return "".join(f"\\u{ord(c):04x}" for c in text)


def as_rot13(text):
    return codecs.encode(text, "rot13")


def as_mirror(text):
    """Atbash: a for z, b for y."""
    return "".join(chr(ord("a") + ord("z") - ord(c)) if "a" <= c <= "z" else c for c in text)


def as_numbers(text):
    return "-".join(str(ord(c) - ord("a") + 1) for c in text if "a" <= c <= "z")


def as_morse(text, joiner=" "):
    return joiner.join(MORSE[c] for c in text if c in MORSE)


def as_nato(text, joiner=""):
    return joiner.join(NATO[c] for c in text if c in NATO)


def as_md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def as_sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()


def as_quoted(text):
    return urllib.parse.quote(html.escape(f"<{text}>"))
