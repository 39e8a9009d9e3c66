"""Fixtures: local SMTP servers that accept or reject mails, with and without TLS."""

import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from infocus_graphql.settings import Settings

SENDER = "InFocus <no-reply@example.org>"
PASSWORD = "a password for the mail server"


@dataclass
class Mailbox:
    """Stores the accepted mails of a server. `responses` are the first responses, one per recipient."""

    responses: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - a method name of aiosmtpd
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.responses:
            return self.responses.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]  # bytes
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


class Local(Controller):
    """An SMTP server on a free port, which is then in `port`."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # an asyncio server
        super()._trigger_server()  # type: ignore[no-untyped-call]  # untyped in aiosmtpd


Serve = Callable[..., Local]
BySmtp = Callable[..., Settings]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts SMTP servers that deliver to a mailbox."""
    started: list[Local] = []

    def start(mailbox: Mailbox, *, port: int = 0, **options: Any) -> Local:
        controller = Local(mailbox, hostname="127.0.0.1", port=port, **options)
        controller.start()
        started.append(controller)
        return controller

    yield start
    for each in started:
        each.stop(no_assert=True)


@pytest.fixture
def by_smtp(settings: Settings) -> BySmtp:
    """Returns settings for a local SMTP server."""

    def made(port: int, **values: Any) -> Settings:
        found = settings.model_dump() | {"jwt_keys": settings.jwt_keys}
        plain = {"mail_host": "127.0.0.1", "mail_port": port, "mail_from": SENDER, "mail_security": "none"}
        return Settings(_env_file=None, **{**found, **plain, **values})

    return made


def check_password(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Authenticates clients with the right password."""
    known = (data.login, data.password) == (b"infocus", PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS contexts of a server with a local certificate and of a client that trusts it."""
    folder = tmp_path_factory.mktemp("certificate")
    key, cert = folder / "key.pem", folder / "cert.pem"
    _make_certificate(key, cert)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=cert)


def _make_certificate(key: Path, cert: Path) -> None:
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [*words.split(), *names, "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
