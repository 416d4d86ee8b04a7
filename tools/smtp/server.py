"""A mail server of other people's making (aiosmtpd): TLS from the start on one port, STARTTLS on another, and AUTH.

Prints the two ports, then writes each mail to a file of its own, with its envelope before it.
"""

import asyncio
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

certificates, folder = map(Path, sys.argv[1:])
USER, PASSWORD = b"portal@mercy.example", "canary/pass#7f3a: \u00fc?".encode()


class Keep:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        if "gone@" in envelope.rcpt_tos[0]:
            return "550 5.1.1 no such mailbox"
        assert session.authenticated
        self.count += 1
        head = f"X-From: {envelope.mail_from}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\n"
        draft = folder / f"{self.count}.draft"
        draft.write_bytes(head.encode() + envelope.content)
        draft.rename(folder / f"{self.count}.eml")
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    # `handled`: that the answer was given already. It was not.
    return AuthResult(success=data.login == USER and data.password == PASSWORD, handled=False)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "localhost.pem", certificates / "localhost.key")
    options = {
        "hostname": "localhost",
        "enable_SMTPUTF8": True,
        "auth_required": True,
        "authenticator": authenticate,
    }
    keep, loop = Keep(), asyncio.get_running_loop()

    def over_tls():
        return SMTP(keep, auth_require_tls=False, **options)

    def starttls():
        return SMTP(keep, tls_context=context, require_starttls=True, **options)

    secure = await loop.create_server(over_tls, "127.0.0.1", 0, ssl=context)
    upgraded = await loop.create_server(starttls, "127.0.0.1", 0)
    print(*(server.sockets[0].getsockname()[1] for server in (secure, upgraded)), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
