"""Sessions (one per signed-in device) and their refresh tokens."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, DateTime, Index, Table, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    created_at_column,
    foreign_key,
    id_column,
    key_text,
    length_check,
    secret,
    timestamptz,
    to_many,
    to_one,
    unique,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.identity.users.models import User

MAX_DEVICE = 200


class Session(Base):
    """A signed-in device. All its refresh tokens start with one secret, whose hash is `token_hash`."""

    __tablename__ = "sessions"

    id: Mapped[str] = id_column("se")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    token_hash: Mapped[str] = secret(mapped_column(Text))
    device: Mapped[str | None] = mapped_column(Text)
    ip_prefix: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = created_at_column()
    last_seen_at: Mapped[datetime] = created_at_column()
    expires_at: Mapped[datetime] = timestamptz()
    revoked_at: Mapped[datetime | None] = timestamptz(nullable=True)
    # When the session was last verified by a code of the second factor or by a passkey.
    second_factor_at: Mapped[datetime | None] = timestamptz(nullable=True)

    user: Mapped["User"] = to_one("sessions")
    refresh_tokens: Mapped[list["RefreshToken"]] = to_many("session")

    __table_args__ = (
        unique("token_hash", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("device", MAX_DEVICE),
        Index("ix_sessions_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_sessions_expires_at", "expires_at"),
        {
            "info": {
                "triggers": {
                    "session_revoked": "the end is written to `revoked_sessions` and notified",
                    "session_deleted": "the same for a deleted session that was alive",
                }
            }
        },
    )


class RefreshToken(Base):
    """A single-use refresh token. Using it creates its successor in the chain."""

    __tablename__ = "refresh_tokens"

    id: Mapped[str] = id_column("rt")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    session_id: Mapped[str] = foreign_key("sessions.id", ondelete="CASCADE")
    token_hash: Mapped[str] = secret(mapped_column(Text))
    created_at: Mapped[datetime] = created_at_column()
    expires_at: Mapped[datetime] = timestamptz()
    revoked_at: Mapped[datetime | None] = timestamptz(nullable=True)
    replaced_by_id: Mapped[str | None] = foreign_key("refresh_tokens.id", ondelete="SET NULL", nullable=True)

    user: Mapped["User"] = to_one("refresh_tokens")
    session: Mapped[Session] = to_one("refresh_tokens")
    replaced_by: Mapped["RefreshToken | None"] = to_one(remote_side="RefreshToken.id")

    __table_args__ = (
        unique("token_hash", refusal=ErrorCode.ALREADY_EXISTS),
        Index("ix_refresh_tokens_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_refresh_tokens_expires_at", "expires_at"),
    )


# Sessions revoked before their expiry, including sessions whose rows are deleted. Triggers fill the table, so
# that manual changes in SQL count too. A row is needed only until the session's access tokens have expired.
revoked_sessions = Table(
    "revoked_sessions",
    Base.metadata,
    Column("session_id", key_text(), primary_key=True),
    Column("revoked_at", DateTime(timezone=True), server_default=func.clock_timestamp(), nullable=False),
    Index("ix_revoked_sessions_revoked_at", "revoked_at"),
)
