"""Mail transports: SMTP, files, or none."""

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
    """Sends mails; used by workers only."""

    async def send(self, message: Message) -> None:
        """Sends a mail. Raises PermanentJobError if retrying can't help, else RetryableJobError."""


class SmtpTransport:
    """Sends each mail to an SMTP server over a new connection."""

    def __init__(self, settings: Settings, tls: ssl.SSLContext | None = None) -> None:
        if settings.mail_host is None or settings.mail_from is None:
            raise ValueError("SMTP requires a host and a sender")
        self._settings = settings
        self._host, self._sender = settings.mail_host, settings.mail_from
        self._tls = tls

    async def send(self, message: Message) -> None:
        """Sends a mail. Error messages omit the server's text, which may contain addresses."""
        mime = _mime(message, self._sender)
        try:
            await self._hand_over(mime)
        except aiosmtplib.SMTPRecipientsRefused as error:
            # There is one recipient, so one reply.
            raise _refused(error.recipients[0].code, "the recipient") from None
        except aiosmtplib.SMTPSenderRefused as error:
            raise _refused(error.code, "the sender") from None
        except aiosmtplib.SMTPDataError as error:
            raise _refused(error.code, "the mail") from None
        except aiosmtplib.SMTPResponseException as error:
            # Connecting or authentication failed: an error of the server or the settings, not of this mail.
            raise RetryableJobError(
                f"the mail server replied {error.code} ({type(error).__name__})"
            ) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise RetryableJobError(f"the mail server is unavailable ({type(error).__name__})") from None

    async def _hand_over(self, mime: EmailMessage) -> None:
        settings, password = self._settings, self._settings.mail_password
        await aiosmtplib.send(
            mime,
            hostname=self._host,
            port=settings.mail_port,
            username=settings.mail_username,
            password=password.get_secret_value() if password else None,
            use_tls=settings.mail_security is MailSecurity.TLS,
            # Never None, which would allow a man in the middle to strip STARTTLS.
            start_tls=settings.mail_security is MailSecurity.STARTTLS,
            tls_context=self._tls,
            local_hostname=_own_name(),
            timeout=settings.mail_timeout_seconds,
        )


class FileTransport:
    """Writes each mail to a directory: an `.eml` file, and an `.html` file to open in a browser."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, message: Message) -> None:
        """Writes the files and logs their location; replaces those of a mail that is sent again."""
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
    """Drops mails, for servers with mail turned off."""

    async def send(self, message: Message) -> None:
        """Logs that a mail was dropped."""
        log.info("mail dropped: mail is off", id=message.id)


def transport_of(settings: Settings) -> Transport:
    """The transport of the configured mail backend."""
    match settings.mail_backend:
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
        raise PermanentJobError("the mail has an invalid address or subject") from None


def _refused(code: int, what: str) -> RetryableJobError:
    reason = f"the mail server rejected {what} ({code})"
    return PermanentJobError(reason) if code in _PERMANENT else RetryableJobError(reason)


def _own_name() -> str:
    """The host name, without a DNS lookup for the fully qualified one."""
    name = socket.gethostname()
    return name if name.isascii() and name else "localhost"


def _write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, because links in mails are credentials."""
    draft = path.with_name(f"{path.name}.part")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        target.write(content)
    draft.replace(path)
