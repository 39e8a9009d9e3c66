"""TOTP secrets and backup codes."""

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    created_at_column,
    foreign_key,
    id_column,
    secret,
    timestamptz,
    unique,
)


class SecondFactor(Base):
    """A user's TOTP secret. It is required at sign-in only once a first code has confirmed it."""

    __tablename__ = "second_factors"

    id: Mapped[str] = id_column("sf")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    totp_secret: Mapped[str] = secret(mapped_column(Text))
    created_at: Mapped[datetime] = created_at_column()
    confirmed_at: Mapped[datetime | None] = timestamptz(nullable=True)
    # The TOTP time step of the last accepted code. Codes of this and earlier steps are rejected.
    last_step: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (unique("user_id", refusal=ErrorCode.ALREADY_EXISTS),)


class BackupCode(Base):
    """A single-use code that replaces a TOTP code."""

    __tablename__ = "backup_codes"

    id: Mapped[str] = id_column("bc")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE")
    code_hash: Mapped[str] = secret(mapped_column(Text))
    used_at: Mapped[datetime | None] = timestamptz(nullable=True)

    __table_args__ = (unique("code_hash", refusal=ErrorCode.ALREADY_EXISTS),)
