"""Recommendations of titles between users."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Index, Text, text
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
    partial_unique,
    to_one,
    updated_at_column,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.identity.users.models import User
    from infocus_graphql.domains.media.models import MediaItem

MAX_MESSAGE = 1000


class RecommendationStatus(enum.Enum):
    """The recipient's decision."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Recommendation(Base):
    """A title that a user recommends to another member of a common family."""

    __tablename__ = "recommendations"

    id: Mapped[str] = id_column("re")
    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="RESTRICT")
    from_user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    to_user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    message: Mapped[str | None] = mapped_column(Text)
    status: Mapped[RecommendationStatus] = enum_column(
        RecommendationStatus,
        "recommendation_status",
        server_default=RecommendationStatus.PENDING.value,
    )
    created_at: Mapped[datetime] = created_at_column()
    updated_at: Mapped[datetime] = updated_at_column()

    media_item: Mapped["MediaItem"] = to_one("recommendations")
    from_user: Mapped["User"] = to_one("recommendations_sent", foreign_keys=[from_user_id])
    to_user: Mapped["User"] = to_one("recommendations_received", foreign_keys=[to_user_id])

    __table_args__ = (
        check("not_to_oneself", "from_user_id <> to_user_id", refusal=ErrorCode.INVALID, path=("toUserIds",)),
        partial_unique(
            "uq_recommendations_pending",
            "from_user_id",
            "to_user_id",
            "media_item_id",
            where=text("status = 'pending'"),
            refusal=ErrorCode.ALREADY_EXISTS,
            path=("toUserIds",),
        ),
        length_check("message", MAX_MESSAGE),
        Index("ix_recommendations_from_user_id_created_at", "from_user_id", "created_at", "id"),
        Index("ix_recommendations_to_user_id_created_at", "to_user_id", "created_at", "id"),
        Index("ix_recommendations_to_user_id_status", "to_user_id", "status"),
    )
