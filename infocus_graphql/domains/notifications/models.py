"""Notifications of users, and the position up to which the log of events has been read for them."""

import enum
from datetime import datetime

from sqlalchemy import Boolean, DateTime, Index, Integer, Text, func, text
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
    timestamptz,
    to_one,
    unique,
)
from infocus_graphql.domains.identity.users.models import User


class NotificationKind(enum.Enum):
    """What a notification reports."""

    FAMILY_INVITATION = "family_invitation"
    MEMBER_JOINED = "member_joined"
    ROLE_CHANGED = "role_changed"
    RECOMMENDATION_RECEIVED = "recommendation_received"
    RECOMMENDATION_ANSWERED = "recommendation_answered"
    ENTRIES_ADDED = "entries_added"
    NEW_SIGN_IN = "new_sign_in"
    EXPORT_READY = "export_ready"
    JOB_FAILED = "job_failed"
    NEW_SEASON = "new_season"
    NEXT_EPISODE = "next_episode"
    ARRIVED_ON_SERVICE = "arrived_on_service"


class Notification(Base):
    """A notification of a user. Like events share a row: `count` is their number.

    `merge_key` identifies the row among those of its user, so that a further event of the same sort finds it.
    Apart from users, the objects are plain ids, because a notification outlives them: `subject_id` is the
    invitation, membership, recommendation, watchlist entry, session, export, season, episode or streaming
    service, according to the kind.
    """

    __tablename__ = "notifications"

    id: Mapped[str] = id_column("no")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    kind: Mapped[NotificationKind] = enum_column(NotificationKind, "notification_kind")
    merge_key: Mapped[str] = mapped_column(key_text())
    actor_id: Mapped[str | None] = foreign_key("users.id", ondelete="CASCADE", nullable=True)
    family_id: Mapped[str | None] = mapped_column(key_text())
    media_item_id: Mapped[str | None] = mapped_column(key_text())
    subject_id: Mapped[str | None] = mapped_column(key_text())
    count: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    # False if the user wants this kind by other channels only.
    in_app: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    created_at: Mapped[datetime] = created_at_column()
    # When the latest of its events happened.
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    read_at: Mapped[datetime | None] = timestamptz(nullable=True)

    user: Mapped[User] = to_one(foreign_keys=[user_id])
    actor: Mapped[User | None] = to_one(foreign_keys=[actor_id])

    __table_args__ = (
        unique("user_id", "merge_key", refusal=ErrorCode.ALREADY_EXISTS),
        check("count_positive", "count > 0", refusal=ErrorCode.OUT_OF_RANGE),
        Index("ix_notifications_user_id_occurred_at", "user_id", "occurred_at", "id"),
        Index(
            "ix_notifications_unread",
            "user_id",
            "occurred_at",
            "id",
            postgresql_where=text("read_at IS NULL AND in_app"),
        ),
        Index("ix_notifications_occurred_at", "occurred_at"),
    )


class NotificationPosition(Base):
    """The id of the last event that notifications were made of. One row, which the consumer locks."""

    __tablename__ = "notification_position"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    event_id: Mapped[str] = mapped_column(key_text())
