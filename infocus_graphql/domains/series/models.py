"""Seasons and episodes, identified by their TMDB ids first and by their numbers second.

TMDB renumbers, moves and deletes them. Their rows are never deleted; `removed_at` marks those that TMDB no
longer lists.
"""

import enum
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Date, Double, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
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
    timestamptz,
    to_many,
    to_one,
    unique,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.media.models import MediaItem

MAX_NAME, MAX_OVERVIEW, MAX_PATH = 500, 10_000, 500
_PRESENT = text("removed_at IS NULL")


class EpisodeKind(enum.Enum):
    """The position of an episode in its season."""

    STANDARD = "standard"
    MID_SEASON_FINALE = "mid_season_finale"
    FINALE = "finale"


class Season(Base):
    """A season of a series. Season 0 contains the specials."""

    __tablename__ = "seasons"

    id: Mapped[str] = id_column("sn")
    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    tmdb_id: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    title: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    air_date: Mapped[date | None] = mapped_column(Date)
    poster_path: Mapped[str | None] = mapped_column(Text)
    episode_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    removed_at: Mapped[datetime | None] = timestamptz(nullable=True)
    created_at: Mapped[datetime] = created_at_column()

    media_item: Mapped["MediaItem"] = to_one("seasons")
    episodes: Mapped[list["Episode"]] = to_many("season")

    __table_args__ = (
        unique("tmdb_id", refusal=ErrorCode.ALREADY_EXISTS),
        # Deferred, because two seasons can exchange their numbers.
        ExcludeConstraint(
            ("media_item_id", "="),
            ("number", "="),
            name="ex_seasons_media_item_id_number",
            using="btree",
            where=_PRESENT,
            deferrable=True,
            initially="DEFERRED",
        ),
        # For removed seasons, which the index of the constraint above leaves out.
        Index("ix_seasons_media_item_id", "media_item_id"),
        check("number_not_negative", "number >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        check("episode_count_not_negative", "episode_count >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        length_check("title", MAX_NAME),
        length_check("description", MAX_OVERVIEW),
    )


class Episode(Base):
    """An episode of a series."""

    __tablename__ = "episodes"

    id: Mapped[str] = id_column("ep")
    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    season_id: Mapped[str] = foreign_key("seasons.id", ondelete="CASCADE", index=False)
    tmdb_id: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    title: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    air_date: Mapped[date | None] = mapped_column(Date)
    runtime_minutes: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[EpisodeKind] = enum_column(
        EpisodeKind, "episode_kind", server_default=EpisodeKind.STANDARD.value
    )
    still_path: Mapped[str | None] = mapped_column(Text)
    rating: Mapped[float | None] = mapped_column(Double)
    vote_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    removed_at: Mapped[datetime | None] = timestamptz(nullable=True)
    created_at: Mapped[datetime] = created_at_column()

    media_item: Mapped["MediaItem"] = to_one()
    season: Mapped[Season] = to_one("episodes")

    __table_args__ = (
        unique("tmdb_id", refusal=ErrorCode.ALREADY_EXISTS),
        ExcludeConstraint(
            ("season_id", "="),
            ("number", "="),
            name="ex_episodes_season_id_number",
            using="btree",
            where=_PRESENT,
            deferrable=True,
            initially="DEFERRED",
        ),
        check("number_not_negative", "number >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        check("runtime_minutes_positive", "runtime_minutes > 0", refusal=ErrorCode.OUT_OF_RANGE),
        check("rating_range", "rating > 0 AND rating <= 10", refusal=ErrorCode.OUT_OF_RANGE),
        check("vote_count_not_negative", "vote_count >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        length_check("title", MAX_NAME),
        length_check("description", MAX_OVERVIEW),
        Index("ix_episodes_season_id", "season_id"),
        Index("ix_episodes_media_item_id_air_date", "media_item_id", "air_date"),
    )
