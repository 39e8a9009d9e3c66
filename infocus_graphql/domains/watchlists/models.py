"""Watchlist entries: a user's status, rating and notes for a title."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Index, Integer, SmallInteger, Text, text
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
    to_many,
    to_one,
    unique,
    updated_at_column,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.identity.users.models import User
    from infocus_graphql.domains.media.models import MediaItem
    from infocus_graphql.domains.plays.models import WatchEvent

MAX_NOTES = 2000
MIN_RATING, MAX_RATING = 1, 10


class WatchStatus(enum.Enum):
    """A user's progress with a title."""

    NOT_WATCHED = "not_watched"
    WATCHING = "watching"
    COMPLETED = "completed"


class Visibility(enum.Enum):
    """Who may read the notes of an entry."""

    PRIVATE = "private"
    FAMILY = "family"


class WatchlistEntry(Base):
    """A title on a user's watchlist. `version` increases with each change, for optimistic locking."""

    __tablename__ = "watchlist_entries"

    id: Mapped[str] = id_column("we")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="RESTRICT", index=False)
    status: Mapped[WatchStatus] = enum_column(
        WatchStatus, "watch_status", server_default=WatchStatus.NOT_WATCHED.value
    )
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    notes: Mapped[str | None] = private(mapped_column(Text))
    notes_visibility: Mapped[Visibility] = enum_column(
        Visibility, "visibility", server_default=Visibility.PRIVATE.value
    )
    # The rewatches that the user has started. Progress counts the plays of the last one.
    rewatch_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    date_added: Mapped[datetime] = created_at_column()
    date_updated: Mapped[datetime] = updated_at_column()

    user: Mapped["User"] = to_one("watchlist")
    media_item: Mapped["MediaItem"] = to_one("entries")
    plays: Mapped[list["WatchEvent"]] = to_many("entry")

    __table_args__ = (
        unique("user_id", "media_item_id", refusal=ErrorCode.ALREADY_EXISTS, path=("media",)),
        check(
            "rating_range",
            f"rating BETWEEN {MIN_RATING} AND {MAX_RATING}",
            refusal=ErrorCode.OUT_OF_RANGE,
            path=("rating",),
        ),
        check("rewatch_count_not_negative", "rewatch_count >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        length_check("notes", MAX_NOTES),
        Index("ix_watchlist_entries_media_item_id_user_id", "media_item_id", "user_id"),
        Index("ix_watchlist_entries_user_id_date_added", "user_id", "date_added", "id"),
        Index("ix_watchlist_entries_user_id_date_updated", "user_id", "date_updated", "id"),
        Index("ix_watchlist_entries_user_id_status", "user_id", "status", "date_added", "id"),
        {"info": {"triggers": {"increment_version": "a change of the row raises `version`"}}},
    )
