"""Mail settings: backend, SMTP server and sender."""

import re
from enum import Enum
from typing import Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from infocus_graphql.core.emails import sender

_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


class MailBackend(Enum):
    """The mail backend: SMTP, files, or none."""

    SMTP = "smtp"
    FILE = "file"
    OFF = "off"


class MailSecurity(Enum):
    """The encryption of the SMTP connection."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(BaseSettings):
    """Mail."""

    mail: MailBackend | None = Field(
        None,
        description="`smtp` sends mails, `file` writes them to the data directory, `off` drops them. "
        "Default: `smtp` if INFOCUS_MAIL_HOST is set, else `file`. Production requires a mail host or `off`.",
    )
    mail_host: str | None = Field(None, description="Host name of the SMTP server.")
    mail_port: int = Field(587, ge=1, le=65535, description="Port of the SMTP server.")
    mail_security: MailSecurity = Field(
        MailSecurity.STARTTLS,
        description="Encryption: `starttls` (usually port 587), `tls` (465), or `none` for a local server.",
    )
    mail_username: str | None = Field(
        None, description="User name for the SMTP server, if it requires authentication."
    )
    mail_password: SecretStr | None = Field(None, description="Password for INFOCUS_MAIL_USERNAME.")
    mail_from: str | None = Field(
        None,
        description="Sender of all mails, such as `InFocus <no-reply@example.org>`. Required with "
        "INFOCUS_MAIL_HOST.",
    )
    mail_timeout_seconds: float = Field(
        20, gt=0, le=50, description="Timeout for a reply from the SMTP server."
    )

    @field_validator("mail_host")
    @classmethod
    def _a_host(cls, value: str | None) -> str | None:
        if value is not None and not _HOST.fullmatch(value):
            raise ValueError("write only the host name of the mail server; set the port in INFOCUS_MAIL_PORT")
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_sender(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                sender(value)
            except ValueError:
                raise ValueError("write it as InFocus <no-reply@example.org>") from None
        return value

    @model_validator(mode="after")
    def _mail_is_configured(self) -> Self:
        if self.mail_backend is MailBackend.SMTP and not (self.mail_host and self.mail_from):
            raise ValueError("INFOCUS_MAIL=smtp requires INFOCUS_MAIL_HOST and INFOCUS_MAIL_FROM")
        if (self.mail_username is None) != (self.mail_password is None):
            raise ValueError("set INFOCUS_MAIL_USERNAME and INFOCUS_MAIL_PASSWORD together, or neither")
        if self.mail_password is not None and self.mail_security is MailSecurity.NONE:
            raise ValueError("INFOCUS_MAIL_PASSWORD requires INFOCUS_MAIL_SECURITY=starttls or tls")
        return self

    @property
    def mail_backend(self) -> MailBackend:
        """The mail backend, with the default applied."""
        return self.mail or (MailBackend.SMTP if self.mail_host else MailBackend.FILE)
