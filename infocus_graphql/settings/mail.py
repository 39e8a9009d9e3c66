"""The settings of mails: who sends them, and how."""

import re
from enum import Enum
from typing import Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from infocus_graphql.core.emails import sender

_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


class MailBackend(Enum):
    """What happens to mails: sent, written to files, or nothing."""

    SMTP = "smtp"
    FILE = "file"
    OFF = "off"


class MailSecurity(Enum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(BaseSettings):
    """Mail."""

    mail: MailBackend | None = Field(
        None,
        description="`smtp` sends mails, `file` writes them into the data folder, `off` drops them. "
        "By default `smtp` with a mail host, else `file`. Production needs a mail host, or `off`.",
    )
    mail_host: str | None = Field(None, description="The mail server.")
    mail_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    mail_security: MailSecurity = Field(
        MailSecurity.STARTTLS,
        description="`starttls` (usually port 587), `tls` (465), or `none` for a server on the same machine.",
    )
    mail_username: str | None = Field(None, description="Account at the mail server, if it wants one.")
    mail_password: SecretStr | None = Field(None, description="Password of that account.")
    mail_from: str | None = Field(
        None, description="Sender of all mails: `InFocus <no-reply@example.org>`. Required with a mail host."
    )
    mail_timeout_seconds: float = Field(
        20, gt=0, le=50, description="Longest wait for an answer of the mail server."
    )

    @field_validator("mail_host")
    @classmethod
    def _a_host(cls, value: str | None) -> str | None:
        if value is not None and not _HOST.fullmatch(value):
            raise ValueError("write the name of the mail server alone; its port is INFOCUS_MAIL_PORT")
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
        if self.mail_way is MailBackend.SMTP and not (self.mail_host and self.mail_from):
            raise ValueError("mail by smtp needs INFOCUS_MAIL_HOST and INFOCUS_MAIL_FROM")
        if (self.mail_username is None) != (self.mail_password is None):
            raise ValueError("INFOCUS_MAIL_USERNAME and INFOCUS_MAIL_PASSWORD go together")
        if self.mail_password is not None and self.mail_security is MailSecurity.NONE:
            raise ValueError("the mail password needs INFOCUS_MAIL_SECURITY=starttls or tls")
        return self

    @property
    def mail_way(self) -> MailBackend:
        """What happens to mails."""
        return self.mail or (MailBackend.SMTP if self.mail_host else MailBackend.FILE)
