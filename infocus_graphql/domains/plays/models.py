"""Plays of films and episodes."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Final

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
    timestamptz,
    to_one,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.identity.users.models import User
    from infocus_graphql.domains.series.models import Episode
    from infocus_graphql.domains.streaming.models import StreamingService
    from infocus_graphql.domains.watchlists.models import WatchlistEntry

MAX_NOTE: Final = 2_000
MAX_SOURCE: Final = 50
MAX_RETURNED: Final = 100  # plays in the result of a mutation


class WatchDatePrecision(enum.Enum):
    """How exactly the date of a play is known."""

    INSTANT = "instant"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class WatchEvent(Base):
    """A play: one viewing of a film, or of an episode if `episode_id` is set.

    `watched_at` is NULL if the date is unknown, and the first moment of the day, month or year in UTC if only
    that is known. `rewatch` is the number of the rewatch of the entry to which the play counts; 0 for the
    first time through.
    """

    __tablename__ = "watch_events"

    id: Mapped[str] = id_column("wa")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    entry_id: Mapped[str] = foreign_key("watchlist_entries.id", ondelete="CASCADE", index=False)
    episode_id: Mapped[str | None] = foreign_key("episodes.id", ondelete="CASCADE", nullable=True)
    watched_at: Mapped[datetime | None] = timestamptz(nullable=True)
    precision: Mapped[WatchDatePrecision] = enum_column(WatchDatePrecision, "watch_date_precision")
    rewatch: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    streaming_service_id: Mapped[str | None] = foreign_key(
        "streaming_services.id", ondelete="SET NULL", nullable=True
    )
    source: Mapped[str | None] = private(mapped_column(Text))
    note: Mapped[str | None] = private(mapped_column(Text))
    created_at: Mapped[datetime] = created_at_column()

    user: Mapped["User"] = to_one()
    entry: Mapped["WatchlistEntry"] = to_one("plays")
    episode: Mapped["Episode | None"] = to_one()
    streaming_service: Mapped["StreamingService | None"] = to_one()

    __table_args__ = (
        check(
            "watched_at_unless_unknown",
            "(watched_at IS NULL) = (precision = 'unknown')",
            refusal=ErrorCode.INVALID,
            path=("watchedAt",),
        ),
        check("rewatch_not_negative", "rewatch >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        length_check("source", MAX_SOURCE),
        length_check("note", MAX_NOTE),
        Index("ix_watch_events_user_id_watched_at", "user_id", "watched_at", "id"),
        Index("ix_watch_events_entry_id_episode_id", "entry_id", "episode_id", "rewatch"),
    )
