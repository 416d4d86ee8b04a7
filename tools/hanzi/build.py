#!/usr/bin/env python3
"""Builds src/identity/agreement/roman/hanzi.txt. See tools/given_names/README.md."""

import ast
import collections
import hashlib
import io
import pathlib
import re
import sys
import tarfile
import unicodedata
import zipfile

PINYIN = ("pinyin-pro-3.29.4.tgz", "433bc66ce6bcc23ff293b268a39452461e92987b9a13eefb7242cbe3103998cd")
FAKER = ("faker-40.54.0-py3-none-any.whl", "2dd88ee8cb63a9149e19ef48bdd73879bc3854d8ba2d6c1535e902a762e603f7")
ROOT = pathlib.Path(__file__).resolve().parents[2]
# Family names that are read in a way of their own.
SURNAMES = {"shan": "单單", "xie": "解", "zeng": "曾", "chong": "种", "ou": "区區", "qiu": "仇", "piao": "朴", "zha": "查", "ge": "盖", "ren": "任"}


def opened(folder, archive):
    name, expected = archive
    data = (pathlib.Path(folder) / name).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        sys.exit(f"{name}: SHA-256 is {found}, expected {expected}")
    return io.BytesIO(data)


def plain(syllable):
    """Without its tone; `ü` as `v` would be typed, and as `u` where nothing else begins so."""
    letters = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(c for c in letters if not unicodedata.combining(c)).replace("v", "u")


def readings(folder):
    """Every reading of every character; the usual one first."""
    table = collections.defaultdict(list)
    with tarfile.open(fileobj=opened(folder, PINYIN)) as package:
        text = package.extractfile("package/dist/esm/data/dict1.mjs").read().decode("utf-8")
    for key, characters in re.findall(r"(?:'([^']+)'|(\w+)): \[([^\]]*)\]".replace("(?:'([^']+)'|(\\w+))", "('[^']+'|[^\\s:']+)"), text):
        for character in re.findall(r"'(.)'", characters):
            table[character] += [plain(reading) for reading in key.strip("'").split(" ")]
    return table


def in_names(folder):
    found = set()
    with zipfile.ZipFile(opened(folder, FAKER)) as package:
        for locale in ("zh_CN", "zh_TW"):
            tree = ast.parse(package.read(f"faker/providers/person/{locale}/__init__.py"))
            for leaf in ast.walk(tree):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str):
                    found |= {c for c in leaf.value if "\u3400" <= c <= "\u9fff"}
    return found


def main():
    folder = sys.argv[1]
    # The 3,755 usual characters of GB 2312, and those of names.
    usual = {bytes([row + 0xA0, cell + 0xA0]).decode("gb2312") for row in range(16, 56) for cell in range(1, 95) if (row, cell) < (55, 90)}
    lines = collections.defaultdict(set)
    table = readings(folder)
    characters = usual | in_names(folder)
    for character in characters:
        for reading in table[character][:2]:
            lines[reading].add(character)
    for reading, surnames in SURNAMES.items():
        lines[reading] |= set(surnames)
    target = ROOT / "src/identity/agreement/roman/hanzi.txt"
    text = "".join(f"{reading} {''.join(sorted(found))}\n" for reading, found in sorted(lines.items()))
    target.write_text(text, encoding="utf-8")
    print(len(characters), "characters", len(lines), "syllables", target.stat().st_size, "bytes")


main()
