"""Notifications of users, their preferences, and the position of the consumer in the log of events."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Boolean, DateTime, ForeignKey, Index, Integer, Text, func, text
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
    private,
    secret,
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


class EmailTiming(enum.Enum):
    """When notifications are sent by e-mail."""

    OFF = "off"
    AT_ONCE = "at_once"
    DAILY_DIGEST = "daily_digest"


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels by which a user receives notifications of a kind."""

    in_app: bool = True
    email: EmailTiming = EmailTiming.OFF


_DIGEST: Final = Channels(email=EmailTiming.DAILY_DIGEST)
# The channels of users who have not chosen others. Invitations and exports have e-mails of their own.
DEFAULTS: Final[Mapping[NotificationKind, Channels]] = {
    NotificationKind.FAMILY_INVITATION: Channels(),
    NotificationKind.MEMBER_JOINED: _DIGEST,
    NotificationKind.ROLE_CHANGED: _DIGEST,
    NotificationKind.RECOMMENDATION_RECEIVED: _DIGEST,
    NotificationKind.RECOMMENDATION_ANSWERED: Channels(),
    NotificationKind.ENTRIES_ADDED: Channels(),
    NotificationKind.NEW_SIGN_IN: Channels(email=EmailTiming.AT_ONCE),
    NotificationKind.EXPORT_READY: Channels(),
    NotificationKind.JOB_FAILED: _DIGEST,
    NotificationKind.NEW_SEASON: _DIGEST,
    NotificationKind.NEXT_EPISODE: Channels(),
    NotificationKind.ARRIVED_ON_SERVICE: _DIGEST,
}
DEFAULT_DIGEST_TIME: Final = "08:00"


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


class NotificationPreference(Base):
    """The channels that a user has chosen for a kind of notification. Without a row, `DEFAULTS` apply."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[NotificationKind] = enum_column(NotificationKind, "notification_kind", primary_key=True)
    in_app: Mapped[bool] = mapped_column(Boolean)
    email: Mapped[EmailTiming] = enum_column(EmailTiming, "email_timing")


class NotificationSchedule(Base):
    """When a user receives notifications, in the user's time zone, and the key of their unsubscribe links.

    Times are texts such as `08:00`. Users without a row have no quiet hours.
    """

    __tablename__ = "notification_schedules"

    user_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    quiet_from: Mapped[str | None] = private(mapped_column(key_text()))
    quiet_until: Mapped[str | None] = private(mapped_column(key_text()))
    digest_at: Mapped[str] = private(
        mapped_column(key_text(), server_default=text(f"'{DEFAULT_DIGEST_TIME}'"))
    )
    unsubscribe_key: Mapped[str | None] = secret(mapped_column(key_text()))

    __table_args__ = (
        check(
            "quiet_hours",
            "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until",
            refusal=ErrorCode.INVALID,
            path=("quietUntil",),
        ),
    )
