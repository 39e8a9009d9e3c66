"""Ways for a mail to go: to a mail server, into a folder, or nowhere."""

import asyncio
import os
import socket
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol

import aiosmtplib
import structlog

from infocus_graphql.core.clock import now
from infocus_graphql.jobs.job_types import PermanentJobError, RetryableJobError
from infocus_graphql.mail.message import Message
from infocus_graphql.settings import Settings
from infocus_graphql.settings.mail import MailBackend, MailSecurity

log = structlog.get_logger("infocus.mail")

_NO_SENDER: Final = "InFocus <no-reply@infocus.test>"
_PERMANENT: Final = range(500, 600)


class Transport(Protocol):
    """Delivers mails; used by workers only."""

    async def send(self, message: Message) -> None:
        """Returns when the mail was taken over.

        Raises JobHopeless when it never will be, JobFailed when another try may help.
        """


class SmtpTransport:
    """Hands mails to a mail server, over a new connection each."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None = None) -> None:
        if settings.mail_host is None or settings.mail_from is None:
            raise ValueError("mail by smtp needs a host and a sender")
        self._settings = settings
        self._host, self._sender = settings.mail_host, settings.mail_from
        self._tls = tls

    async def send(self, message: Message) -> None:
        """Sends the mail; the server's words about people are not repeated."""
        mime = _mime(message, self._sender)
        try:
            await self._hand_over(mime)
        except aiosmtplib.SMTPRecipientsRefused as error:
            # There is one recipient, so one answer.
            raise _refused(error.recipients[0].code, "the recipient") from None
        except aiosmtplib.SMTPSenderRefused as error:
            raise _refused(error.code, "the sender") from None
        except aiosmtplib.SMTPDataError as error:
            raise _refused(error.code, "the mail") from None
        except aiosmtplib.SMTPResponseException as error:
            # Of the greeting or the password: a fault of the server or the settings, not of this mail.
            raise RetryableJobError(
                f"the mail server answered {error.code} ({type(error).__name__})"
            ) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise RetryableJobError(f"the mail server can't be used ({type(error).__name__})") from None

    async def _hand_over(self, mime: EmailMessage) -> None:
        settings, password = self._settings, self._settings.mail_password
        await aiosmtplib.send(
            mime,
            hostname=self._host,
            port=settings.mail_port,
            username=settings.mail_username,
            password=password.get_secret_value() if password else None,
            use_tls=settings.mail_security is MailSecurity.TLS,
            # Never None: then a man in the middle could leave the encryption out.
            start_tls=settings.mail_security is MailSecurity.STARTTLS,
            tls_context=self._tls,
            local_hostname=_own_name(),
            timeout=settings.mail_timeout_seconds,
        )


class FileTransport:
    """Writes mails into a folder: one file as it would be sent, one to open in a browser."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, message: Message) -> None:
        """Writes the files, and says where. Those of a mail that comes again are replaced."""
        mime = _mime(message, self._sender)
        page = await asyncio.to_thread(self._write, message, mime)
        log.info("mail written", to=message.to, subject=message.subject, open=page.as_uri())

    def _write(self, message: Message, mime: EmailMessage) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = self._folder.resolve() / message.id
        page = stem.with_suffix(".html")
        _write_private(stem.with_suffix(".eml"), mime.as_bytes())
        _write_private(page, message.html.encode())
        return page


class NoTransport:
    """Drops mails; for servers that have no mail server and say so."""

    async def send(self, message: Message) -> None:
        """Notes that there was one."""
        log.info("mail dropped: mail is off", id=message.id)


def transport_of(settings: Settings) -> Transport:
    """The way that the settings want."""
    match settings.mail_way:
        case MailBackend.SMTP:
            return SmtpTransport(settings)
        case MailBackend.FILE:
            return FileTransport(settings.data_dir / "mail", settings.mail_from or _NO_SENDER)
        case MailBackend.OFF:
            log.warning("mail is off: no mails are sent")
            return NoTransport()


def _mime(message: Message, sender: str) -> EmailMessage:
    try:
        return message.mime(sender, now())
    except ValueError:
        raise PermanentJobError("the mail can't be written: its address or subject is not allowed") from None


def _refused(code: int, what: str) -> RetryableJobError:
    reason = f"the mail server refused {what} ({code})"
    return PermanentJobError(reason) if code in _PERMANENT else RetryableJobError(reason)


def _own_name() -> str:
    """This machine's name, without asking a name server for a better one."""
    name = socket.gethostname()
    return name if name.isascii() and name else "localhost"


def _write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read: links in mails are as good as passwords."""
    draft = path.with_name(f"{path.name}.part")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        target.write(content)
    draft.replace(path)
