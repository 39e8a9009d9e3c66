"""Tokens sent by e-mail, and registrations that wait for confirmation."""

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
    """The purpose of a token. It is valid for this purpose only."""

    REGISTRATION = "registration"
    VERIFICATION = "verification"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose, not a password
    ADDRESS_CHANGE = "address_change"

    @property
    def ends_with_credentials(self) -> bool:
        """Whether changes of password, address or second factor and sign-out everywhere invalidate the link.

        True for links that give control of the account. A verification link only proves access to the
        mailbox; it is invalidated when the account gets another address.
        """
        return self in {EmailPurpose.PASSWORD_RESET, EmailPurpose.ADDRESS_CHANGE}


class EmailToken(Base):
    """A single-use token for one e-mail address and one purpose, with an expiry.

    `token_hash` is null until the e-mail is sent. It stays null if another e-mail was sent instead, such as
    "you already have an account". A pending registration is stored here with its name and password hash:
    the account is created when the link is opened.
    """

    __tablename__ = "email_tokens"

    id: Mapped[str] = id_column("et")
    purpose: Mapped[EmailPurpose] = enum_column(EmailPurpose, "email_purpose")
    email: Mapped[str] = private(mapped_column(Text))
    user_id: Mapped[str | None] = foreign_key("users.id", ondelete="CASCADE", nullable=True)
    token_hash: Mapped[str | None] = secret(mapped_column(Text))
    # The user's `credentials_version` when the link was requested. See EmailPurpose.ends_with_credentials.
    credentials_version: Mapped[int] = secret(mapped_column(Integer, server_default=text("0")))
    name: Mapped[str | None] = private(mapped_column(Text))
    password_hash: Mapped[str | None] = secret(mapped_column(Text))
    created_at: Mapped[datetime] = created_at_column()
    expires_at: Mapped[datetime] = timestamptz()
    used_at: Mapped[datetime | None] = timestamptz(nullable=True)

    __table_args__ = (
        unique("token_hash", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("email", MAX_EMAIL, minimum=3),
        # Only registrations have no account yet.
        check("account", "(user_id IS NULL) = (purpose = 'registration')", refusal=ErrorCode.INVALID),
        Index("ix_email_tokens_email_created_at", "email", "created_at"),
        Index("ix_email_tokens_expires_at", "expires_at"),
    )
