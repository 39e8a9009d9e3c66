"""Deliveries of notifications."""

import enum
from datetime import datetime

from sqlalchemy import Boolean, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.db.base import (
    Base,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    timestamptz,
    to_one,
)
from infocus_graphql.domains.notifications.models import Notification

_PENDING = text("status = 'pending'")


class DeliveryChannel(enum.Enum):
    """The channel of a delivery."""

    EMAIL = "email"


class DeliveryStatus(enum.Enum):
    """The state of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    SKIPPED = "skipped"
    FAILED = "failed"


class Delivery(Base):
    """A notification on its way by one channel. `digest` waits for the next daily digest."""

    __tablename__ = "notification_deliveries"

    id: Mapped[str] = id_column("nd")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    notification_id: Mapped[str] = foreign_key("notifications.id", ondelete="CASCADE")
    channel: Mapped[DeliveryChannel] = enum_column(DeliveryChannel, "delivery_channel")
    digest: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    status: Mapped[DeliveryStatus] = enum_column(
        DeliveryStatus, "delivery_status", server_default=DeliveryStatus.PENDING.value
    )
    due_at: Mapped[datetime] = timestamptz()
    created_at: Mapped[datetime] = created_at_column()
    finished_at: Mapped[datetime | None] = timestamptz(nullable=True)

    notification: Mapped[Notification] = to_one()

    __table_args__ = (
        Index("ix_notification_deliveries_user_id", "user_id", "id"),
        # A notification that is renewed before it is delivered is delivered once.
        Index(
            "ix_notification_deliveries_pending",
            "notification_id",
            "channel",
            unique=True,
            postgresql_where=_PENDING,
        ),
        Index(
            "ix_notification_deliveries_digest",
            "due_at",
            postgresql_where=text("status = 'pending' AND digest"),
        ),
    )
