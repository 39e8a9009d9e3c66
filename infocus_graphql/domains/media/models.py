"""Films and series, identified by TMDB type and id, and their streaming providers.

`details` has the tables with further details of titles.
"""

import enum
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Computed, Date, Double, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import (
    Base,
    check,
    computed_text,
    created_at_column,
    enum_column,
    foreign_key,
    id_column,
    key_text,
    length_check,
    timestamptz,
    to_many,
    to_one,
    unique,
    updated_at_column,
)

if TYPE_CHECKING:
    from infocus_graphql.domains.media.details import Collection
    from infocus_graphql.domains.recommendations.models import Recommendation
    from infocus_graphql.domains.series.models import Season
    from infocus_graphql.domains.streaming.models import StreamingService
    from infocus_graphql.domains.watchlists.models import WatchlistEntry

MAX_TITLE, MAX_DESCRIPTION, MAX_PATH, MAX_URL = 500, 10_000, 500, 2048
MAX_LABEL, MAX_LABELS, MAX_REGIONS, MAX_PROVIDER = 100, 50, 300, 100


class MediaType(enum.Enum):
    """The type of a title. TMDB ids are unique per type only."""

    MOVIE = "movie"
    TV = "tv"


class OfferType(enum.Enum):
    """How a streaming service offers a title."""

    SUBSCRIPTION = "subscription"
    FREE = "free"
    ADS = "ads"
    RENT = "rent"
    BUY = "buy"


class ProductionStatus(enum.Enum):
    """The state of the production of a title."""

    RUMORED = "rumored"
    PLANNED = "planned"
    PILOT = "pilot"
    IN_PRODUCTION = "in_production"
    POST_PRODUCTION = "post_production"
    RELEASED = "released"
    RETURNING_SERIES = "returning_series"
    ENDED = "ended"
    CANCELED = "canceled"


class SpellingKind(enum.Enum):
    """The kinds of names that have one spelling in the whole catalogue."""

    GENRE = "genre"
    SERVICE = "service"


class Spelling(Base):
    """The spelling of a genre or service, found by its text without case and accents.

    Triggers rewrite names in `media_items` and `streaming_providers` to it: "sci-fi" becomes "Sci-Fi".
    """

    __tablename__ = "spellings"

    kind: Mapped[SpellingKind] = enum_column(SpellingKind, "spelling_kind", primary_key=True)
    key: Mapped[str] = mapped_column(
        key_text(), Computed("search_form(name)", persisted=True), primary_key=True
    )
    name: Mapped[str] = mapped_column(key_text())


class MediaItem(Base):
    """A film or a series. TMDB type and id identify it."""

    __tablename__ = "media_items"

    id: Mapped[str] = id_column("mi")
    tmdb_id: Mapped[int] = mapped_column(Integer)
    tmdb_type: Mapped[MediaType] = enum_column(MediaType, "media_type")
    title: Mapped[str] = mapped_column(Text)
    title_search: Mapped[str] = computed_text("search_form(title)")
    title_sort: Mapped[str] = computed_text("sort_form(title)")
    original_title: Mapped[str | None] = mapped_column(Text)
    # ISO 639-1.
    original_language: Mapped[str | None] = mapped_column(Text)
    tagline: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    poster_path: Mapped[str | None] = mapped_column(Text)
    backdrop_path: Mapped[str | None] = mapped_column(Text)
    release_date: Mapped[date | None] = mapped_column(Date)
    # The last day of a series that has ended.
    end_date: Mapped[date | None] = mapped_column(Date)
    runtime_minutes: Mapped[int | None] = mapped_column(Integer)
    production_status: Mapped[ProductionStatus | None] = enum_column(
        ProductionStatus, "production_status", nullable=True
    )
    rating: Mapped[float | None] = mapped_column(Double)
    vote_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    popularity: Mapped[float | None] = mapped_column(Double)
    # ISO 3166-1.
    countries: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    imdb_id: Mapped[str | None] = mapped_column(Text)
    tvdb_id: Mapped[int | None] = mapped_column(Integer)
    wikidata_id: Mapped[str | None] = mapped_column(Text)
    collection_id: Mapped[str | None] = foreign_key("collections.id", ondelete="SET NULL", nullable=True)
    keywords: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    # When TMDB stopped listing the title. It stays on watchlists.
    removed_at: Mapped[datetime | None] = timestamptz(nullable=True)
    genres: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    creators: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    created_at: Mapped[datetime] = created_at_column()
    updated_at: Mapped[datetime] = updated_at_column()

    collection: Mapped["Collection | None"] = to_one("media_items")
    seasons: Mapped[list["Season"]] = to_many("media_item")
    streaming_providers: Mapped[list["StreamingProvider"]] = to_many("media_item")
    entries: Mapped[list["WatchlistEntry"]] = to_many("media_item")
    recommendations: Mapped[list["Recommendation"]] = to_many("media_item")

    __table_args__ = (
        unique("tmdb_type", "tmdb_id", refusal=ErrorCode.ALREADY_EXISTS),
        check("tmdb_id_positive", "tmdb_id > 0", refusal=ErrorCode.OUT_OF_RANGE, path=("tmdbId",)),
        check(
            "rating_range", "rating > 0 AND rating <= 10", refusal=ErrorCode.OUT_OF_RANGE, path=("rating",)
        ),
        length_check("title", MAX_TITLE, minimum=1),
        length_check("description", MAX_DESCRIPTION),
        length_check("original_title", MAX_TITLE),
        length_check("tagline", MAX_TITLE),
        check("runtime_minutes_positive", "runtime_minutes > 0", refusal=ErrorCode.OUT_OF_RANGE),
        check("vote_count_not_negative", "vote_count >= 0", refusal=ErrorCode.OUT_OF_RANGE),
        Index("ix_media_items_title_sort_id", "title_sort", "id"),
        Index("ix_media_items_created_at_id", "created_at", "id"),
        Index("ix_media_items_release_date_id", "release_date", "id"),
        Index("ix_media_items_rating_id", "rating", "id"),
        # Titles without a value come last in both directions. A backward scan of the ascending index would
        # return NULLs first, so descending order needs its own index.
        Index("ix_media_items_release_date_desc", text("release_date DESC NULLS LAST"), text("id DESC")),
        Index("ix_media_items_rating_desc", text("rating DESC NULLS LAST"), text("id DESC")),
        Index("ix_media_items_popularity_desc", text("popularity DESC NULLS LAST"), text("id DESC")),
        Index("ix_media_items_imdb_id", "imdb_id", postgresql_where=text("imdb_id IS NOT NULL")),
        Index("ix_media_items_genres", "genres", postgresql_using="gin"),
    )


class StreamingProvider(Base):
    """An offer of a title by a streaming service, in some regions."""

    __tablename__ = "streaming_providers"

    id: Mapped[str] = id_column("sp")
    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    provider: Mapped[str] = mapped_column(Text)
    provider_sort: Mapped[str] = computed_text("sort_form(provider)")
    streaming_service_id: Mapped[str | None] = foreign_key(
        "streaming_services.id", ondelete="SET NULL", nullable=True
    )
    offer_type: Mapped[OfferType] = enum_column(
        OfferType, "offer_type", server_default=OfferType.SUBSCRIPTION.value
    )
    url: Mapped[str | None] = mapped_column(Text)
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    added_at: Mapped[datetime] = created_at_column()

    media_item: Mapped[MediaItem] = to_one("streaming_providers")
    service: Mapped["StreamingService | None"] = to_one()

    __table_args__ = (
        unique("media_item_id", "provider", "offer_type", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("provider", MAX_PROVIDER, minimum=1),
        length_check("url", MAX_URL),
        check(
            "regions_upper_case",
            "array_to_string(regions, ',') = upper(array_to_string(regions, ',') COLLATE \"C\")",
            refusal=ErrorCode.INVALID,
            path=("regions",),
        ),
        Index("ix_streaming_providers_regions", "regions", postgresql_using="gin"),
    )
