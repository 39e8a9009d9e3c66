"""The log of events, and the outbox from which it is filled."""

import enum
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, Enum, Identity, Index, Table, func
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.util import immutabledict

from infocus_graphql.db.base import Base, created_at_column, enum_column, key_text


class EventType(enum.Enum):
    """The kind of change that an event reports."""

    ENTRY_ADDED = "entry_added"
    ENTRY_UPDATED = "entry_updated"
    ENTRY_REMOVED = "entry_removed"
    FAMILY_UPDATED = "family_updated"
    FAMILY_DELETED = "family_deleted"
    MEMBER_JOINED = "member_joined"
    MEMBER_LEFT = "member_left"
    ROLE_CHANGED = "role_changed"
    SHARING_CHANGED = "sharing_changed"
    INVITATION_RECEIVED = "invitation_received"
    INVITATION_ANSWERED = "invitation_answered"
    INVITATION_REVOKED = "invitation_revoked"
    RECOMMENDATION_RECEIVED = "recommendation_received"
    RECOMMENDATION_UPDATED = "recommendation_updated"
    RECOMMENDATION_ANSWERED = "recommendation_answered"
    RECOMMENDATION_WITHDRAWN = "recommendation_withdrawn"
    SESSION_STARTED = "session_started"
    SESSION_ENDED = "session_ended"
    SETTINGS_CHANGED = "settings_changed"
    USER_UPDATED = "user_updated"
    TITLE_UPDATED = "title_updated"
    NOTIFICATION_RECEIVED = "notification_received"
    EXPORT_READY = "export_ready"
    JOB_FAILED = "job_failed"
    SEASON_ADDED = "season_added"
    OFFER_ARRIVED = "offer_arrived"


CHANNEL: Final = "infocus_events"  # `relay_events` notifies its listeners
ENTRY_TYPES: Final = (EventType.ENTRY_ADDED, EventType.ENTRY_UPDATED, EventType.ENTRY_REMOVED)
FAMILY_TYPES: Final = (
    EventType.FAMILY_UPDATED,
    EventType.FAMILY_DELETED,
    EventType.MEMBER_JOINED,
    EventType.MEMBER_LEFT,
    EventType.ROLE_CHANGED,
    EventType.SHARING_CHANGED,
)
INVITATION_TYPES: Final = (
    EventType.INVITATION_RECEIVED,
    EventType.INVITATION_ANSWERED,
    EventType.INVITATION_REVOKED,
)


class Event(Base):
    """A change. Ids increase in the order in which the changes were committed.

    The other columns are plain ids, because an event outlives the rows that it is about: `node_id` is the
    changed row, `user_id` its owner, member or recipient, `other_user_id` the sender of a recommendation.
    """

    __tablename__ = "events"

    id: Mapped[str] = mapped_column(key_text())
    type: Mapped[EventType] = enum_column(EventType, "event_type")
    node_id: Mapped[str] = mapped_column(key_text())
    user_id: Mapped[str | None] = mapped_column(key_text())
    other_user_id: Mapped[str | None] = mapped_column(key_text())
    family_id: Mapped[str | None] = mapped_column(key_text())
    media_item_id: Mapped[str | None] = mapped_column(key_text())
    occurred_at: Mapped[datetime] = created_at_column()

    # The table has a unique index instead of a primary key: pg_restore --clean fails to drop the primary keys
    # of partitions.
    __mapper_args__ = immutabledict({"primary_key": ["id"]})
    __table_args__ = (
        Index("ix_events_id", "id", unique=True),
        Index("ix_events_user_id", "user_id", "id"),
        Index("ix_events_other_user_id", "other_user_id", "id"),
        Index("ix_events_family_id", "family_id", "id"),
        Index("ix_events_media_item_id", "media_item_id", "id"),
        {"postgresql_partition_by": "RANGE (id)"},
    )


# Triggers write here in the transaction of the change; `relay_events` moves the rows to `events`.
event_outbox = Table(
    "event_outbox",
    Base.metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "type",
        Enum(EventType, name="event_type", values_callable=lambda cls: [member.value for member in cls]),
        nullable=False,
    ),
    Column("node_id", key_text(), nullable=False),
    Column("user_id", key_text()),
    Column("other_user_id", key_text()),
    Column("family_id", key_text()),
    Column("media_item_id", key_text()),
    Column("occurred_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
)
