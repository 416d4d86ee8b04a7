"""Verifies DKIM signatures with other people's code (dkimpy), and that what was altered does not verify."""

import base64
import subprocess
import sys
from pathlib import Path

import dkim

keys, mailbox = map(Path, sys.argv[1:])


def public(name, raw_length=None):
    der = subprocess.run(
        ["openssl", "pkey", "-in", keys / name, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    return base64.b64encode(der[-raw_length:] if raw_length else der)


RECORDS = {
    b"rsa._domainkey.mercy.example.": b"v=DKIM1; k=rsa; p=" + public("rsa.pem"),
    b"ed25519._domainkey.mercy.example.": b"v=DKIM1; k=ed25519; p=" + public("ed25519.pem", 32),
}


def verifies(mail):
    try:
        return dkim.verify(mail, dnsfunc=lambda name, timeout=5: RECORDS[name])
    except (dkim.DKIMException, KeyError):
        return False


mails = [path.read_bytes() for path in sorted((mailbox / "new").iterdir())]
assert len(mails) == 2, f"{len(mails)} signed mails instead of 2"
assert {b"a=rsa-sha256", b"a=ed25519-sha256"} == {
    word for mail in mails for word in (b"a=rsa-sha256", b"a=ed25519-sha256") if word in mail
}
for mail in mails:
    # As the next server sees it: Postfix stores bare LF, and writes its own headers before.
    mail = mail.replace(b"\n", b"\r\n")
    assert verifies(mail), mail.decode()
    head, body = mail.split(b"\r\n\r\n", 1)
    for altered in (
        mail.replace(b"Choose a new password", b"Choose a bad password"),
        mail.replace(b"recovery/link", b"recovery/evil"),
        b"From: evil@evil.example\r\n" + mail,
        head + b"\r\nFrom: evil@evil.example\r\n\r\n" + body,
        head + b"\r\nSubject: evil\r\n\r\n" + body,
        head + b"\r\nReply-To: evil@evil.example\r\n\r\n" + body,
        mail + b"and more\r\n",
    ):
        assert altered != mail and not verifies(altered), altered.decode()
print(f"{len(mails)} signatures verified, altered mails did not")
