"""What is sent by mail to prove something, and registrations that wait for it."""

import enum
from datetime import datetime

from sqlalchemy import Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    check,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    length_check,
    private,
    secret,
    timestamptz,
    unique,
)
from infocus_graphql.domains.identity.users.models import MAX_EMAIL


class EmailPurpose(enum.Enum):
    """What a token from a mail is good for; it is good for nothing else."""

    REGISTRATION = "registration"
    VERIFICATION = "verification"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose, not a password
    ADDRESS_CHANGE = "address_change"

    @property
    def ends_with_credentials(self) -> bool:
        """Whether a change of password, address or second factor, or the end of all sessions, ends the link.

        Such a link gives the account away. A confirmation only says that somebody reads the mailbox: it
        ends when the account gets another address.
        """
        return self in {EmailPurpose.PASSWORD_RESET, EmailPurpose.ADDRESS_CHANGE}


class EmailToken(Base):
    """A token that went, or is about to go, to one address: usable once, for a time, for one purpose.

    It has no hash before it is sent, and never gets one where the mail turned out to be another. A
    registration waits here with its name and the hash of its password: there is no account before
    the link was opened.
    """

    __tablename__ = "email_tokens"

    id: Mapped[str] = id_column("et")
    purpose: Mapped[EmailPurpose] = enum_column(EmailPurpose, "email_purpose")
    email: Mapped[str] = private(mapped_column(Text))
    user_id: Mapped[str | None] = foreign_key("users.id", ondelete="CASCADE", nullable=True)
    token_hash: Mapped[str | None] = secret(mapped_column(Text))
    # The account's version when the link was asked for. See EmailPurpose.ends_with_credentials.
    credentials_version: Mapped[int] = secret(mapped_column(Integer, server_default=text("0")))
    name: Mapped[str | None] = private(mapped_column(Text))
    password_hash: Mapped[str | None] = secret(mapped_column(Text))
    created_at: Mapped[datetime] = created_at_column()
    expires_at: Mapped[datetime] = timestamptz()
    used_at: Mapped[datetime | None] = timestamptz(nullable=True)

    __table_args__ = (
        unique("token_hash", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("email", MAX_EMAIL, minimum=3),
        # Only who registers has no account yet.
        check("account", "(user_id IS NULL) = (purpose = 'registration')", refusal=ErrorCode.INVALID),
        Index("ix_email_tokens_email_created_at", "email", "created_at"),
        Index("ix_email_tokens_expires_at", "expires_at"),
    )
