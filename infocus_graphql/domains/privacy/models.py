"""Data exports and scheduled account deletions."""

import enum
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    check,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    key_text,
    partial_unique,
    secret,
    timestamptz,
)

PART_BYTES = 262_144


class DataExportStatus(enum.Enum):
    """The state of an export."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DataExport(Base):
    """A copy of all data about a user, created in the background and kept for some days."""

    __tablename__ = "data_exports"

    id: Mapped[str] = id_column("dx")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    status: Mapped[DataExportStatus] = enum_column(
        DataExportStatus, "export_status", server_default=DataExportStatus.QUEUED.value
    )
    # Number of attempts; see exports.ATTEMPTS.
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    bytes: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = created_at_column()
    finished_at: Mapped[datetime | None] = timestamptz(nullable=True)
    expires_at: Mapped[datetime | None] = timestamptz(nullable=True)

    __table_args__ = (
        partial_unique(
            "uq_data_exports_pending",
            "user_id",
            where=text("status IN ('queued', 'running')"),
            refusal=ErrorCode.ALREADY_EXISTS,
        ),
        Index("ix_data_exports_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_data_exports_created_at", "created_at"),
    )


class DataExportPart(Base):
    """A chunk of an export's file, so that any worker can stream it without loading the whole file."""

    __tablename__ = "data_export_parts"

    export_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("data_exports.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = secret(mapped_column(LargeBinary))

    __table_args__ = (
        check("content_size", f"octet_length(content) <= {PART_BYTES}", refusal=ErrorCode.TOO_LONG),
    )


class AccountDeletion(Base):
    """A scheduled account deletion. Cancelling it deletes the row."""

    __tablename__ = "account_deletions"

    user_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = created_at_column()
    scheduled_at: Mapped[datetime] = timestamptz()

    __table_args__ = (Index("ix_account_deletions_scheduled_at", "scheduled_at"),)


class FamilySuccession(Base):
    """The owner's decision about a family for the case that their account is deleted."""

    __tablename__ = "family_successions"

    user_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("account_deletions.user_id", ondelete="CASCADE"), primary_key=True
    )
    family_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("families.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    # Null if the family is to be deleted, or if the chosen user's account was deleted.
    new_owner_id: Mapped[str | None] = foreign_key("users.id", ondelete="SET NULL", nullable=True)
    deletes_family: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
