"""Orders, filters and references of titles."""

import enum
from datetime import date
from functools import partial

import strawberry
from sqlalchemy import ARRAY, Boolean, ColumnElement, Text, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.core.ids import check_ids
from infocus_graphql.core.normal_form import single_line
from infocus_graphql.db.batch_queries import Filter, Names
from infocus_graphql.db.correlation import exists
from infocus_graphql.db.keyset import SortKey
from infocus_graphql.db.sql_types import MappedRow, SqlValue
from infocus_graphql.db.visibility import VIEWER
from infocus_graphql.domains import refs
from infocus_graphql.domains.media.reads import BY_TITLE, MEDIA_CONDITIONS
from infocus_graphql.domains.media.types.enums import MediaType
from infocus_graphql.domains.search.discovery import (
    CATALOGUE_CONDITIONS,
    DISCOVERY_CONDITIONS,
    missing_rows,
    stated,
)
from infocus_graphql.domains.streaming.models import StreamingService
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.ordering import Direction, Orders
from infocus_graphql.graph.scalars import CountryCode


class MediaItemSort(enum.Enum):
    """The values by which titles can be sorted."""

    TITLE = "title"
    RELEASE_DATE = "release_date"
    RATING = "rating"
    POPULARITY = "popularity"
    CREATED_AT = "created_at"


publish_enum(
    MediaItemSort,
    "The values by which titles can be sorted.",
    {
        MediaItemSort.TITLE: "The title, alphabetically. Case, accents and punctuation are ignored.",
        MediaItemSort.RELEASE_DATE: "The release date. Titles without one come last.",
        MediaItemSort.RATING: "The rating at TMDB. Titles without one come last.",
        MediaItemSort.POPULARITY: "The popularity at TMDB. Titles without one come last.",
        MediaItemSort.CREATED_AT: "When the title was added to the catalogue.",
    },
)


@strawberry.input(description="The order of titles of the catalogue.")
class MediaItemOrder:
    field: MediaItemSort = strawberry.field(description="The value to sort by.", default=MediaItemSort.TITLE)
    direction: Direction = strawberry.field(description="The direction of the order.", default=Direction.ASC)


@strawberry.input(
    description="Conditions for titles. Titles must meet all of them; null conditions are ignored."
)
class MediaItemFilter:
    """The conditions are those of `MEDIA_FILTERS`."""

    types: list[MediaType] | None = strawberry.field(
        description="Titles with one of these types.", default=None
    )
    genres: list[str] | None = strawberry.field(
        description="Titles with at least one of these genres, by their names in English or in the viewer's "
        "language. Case and accents are ignored.",
        default=None,
    )
    all_genres: list[str] | None = strawberry.field(
        description="Titles with all of these genres, by their names in English or in the viewer's language. "
        "Case and accents are ignored.",
        default=None,
    )
    genre_ids: list[strawberry.ID] | None = strawberry.field(
        description="Titles with at least one of the genres with these ids.", default=None
    )
    query: str | None = strawberry.field(
        description="Titles with the words of this text in any language, in any order, at most 200 "
        "characters. A last word of at least three letters may be incomplete. If the catalogue has no such "
        "title, similar words count. Case, accents and punctuation are ignored. `searchMedia` searches TMDB, "
        "too, and ranks by match.",
        default=None,
    )
    released_since: date | None = strawberry.field(
        description="Titles released on or after this date.", default=None
    )
    released_until: date | None = strawberry.field(
        description="Titles released on or before this date.", default=None
    )
    rated_at_least: float | None = strawberry.field(description="The rating at TMDB, 0-10.", default=None)
    votes_at_least: int | None = strawberry.field(
        description="Titles with at least this many votes at TMDB. Use it with `ratedAtLeast` and the order "
        "RATING, because a rating by few votes means little.",
        default=None,
    )
    runtime_at_least: int | None = strawberry.field(
        description="Titles that are at least this many minutes long, 0-10,000.", default=None
    )
    runtime_at_most: int | None = strawberry.field(
        description="Titles that are at most this many minutes long, 0-10,000.", default=None
    )
    original_languages: list[str] | None = strawberry.field(
        description="Titles with one of these original languages, codes of ISO 639-1.", default=None
    )
    available_in: list[CountryCode] | None = strawberry.field(
        description="Titles available from a streaming provider in at least one of these countries.",
        default=None,
    )
    region: CountryCode | None = strawberry.field(
        description="The country of `streamingServiceIds`, `onlyMine` and `suitableForAge`. By default it is "
        "the region in the viewer's settings; if that is not set, any country counts.",
        default=None,
    )
    streaming_service_ids: list[strawberry.ID] | None = strawberry.field(
        description="Titles that one of these streaming services offers in the region.", default=None
    )
    only_mine: bool | None = strawberry.field(
        description="If true, titles that one of the viewer's own streaming services offers in the region.",
        default=None,
    )
    suitable_for_age: int | None = strawberry.field(
        description="Titles whose certification in the region allows viewers of this age, 0-21. Titles "
        "without a certification are left out.",
        default=None,
    )
    hide_tracked: bool | None = strawberry.field(
        description="If true, titles that are not on the viewer's watchlist.", default=None
    )

    @property
    def matching(self) -> str | None:
        """The text to search for; a blank one is no condition."""
        return self.query if self.query and single_line(self.query) else None

    @property
    def services_in_region(self) -> list[str] | None:
        """The region and the services, as the condition of this name takes them."""
        return [self.region or "", *self.streaming_service_ids] if self.streaming_service_ids else None

    @property
    def own_services_in_region(self) -> str | None:
        """The region, if only the viewer's services count."""
        return (self.region or "") if self.only_mine else None

    @property
    def suitable_in_region(self) -> list[str] | None:
        """The region and the age."""
        return None if self.suitable_for_age is None else [self.region or "", str(self.suitable_for_age)]

    def check(self, *path: str) -> None:
        """Raises OUT_OF_RANGE if the range of release dates is empty."""
        first, last = self.released_since, self.released_until
        if first is not None and last is not None and first > last:
            message = f"releasedSince ({first}) is later than releasedUntil ({last})."
            raise refused(ErrorCode.INVALID, message, *path, "releasedSince")
        shortest, longest = self.runtime_at_least, self.runtime_at_most
        if shortest is not None and longest is not None and shortest > longest:
            message = f"runtimeAtLeast ({shortest}) is more than runtimeAtMost ({longest})."
            raise refused(ErrorCode.INVALID, message, *path, "runtimeAtLeast")


@strawberry.input(
    description="A reference to a title by its type and id at TMDB. Films and series have separate ids."
)
class TmdbRef:
    id: int = strawberry.field(description="The id at TMDB.")
    type: MediaType = strawberry.field(description="The type of the title.")


@strawberry.input(
    one_of=True, description="A reference to a title, either by its id or by its type and id at TMDB."
)
class MediaRef:
    id: strawberry.ID | None = strawberry.field(description="The id of the title.", default=strawberry.UNSET)
    tmdb: TmdbRef | None = strawberry.field(description="The type and id at TMDB.", default=strawberry.UNSET)


def _is_untracked(item: MappedRow, wanted: SqlValue) -> ColumnElement[bool]:
    entry = aliased(WatchlistEntry)
    own = select(entry.id).where(entry.media_item_id == item.id, entry.user_id == VIEWER.id)
    return or_(~wanted, ~exists(own, entry))


MEDIA_FILTERS = {
    **MEDIA_CONDITIONS,
    **DISCOVERY_CONDITIONS,
    **CATALOGUE_CONDITIONS,
    "hide_tracked": Filter(Boolean(), _is_untracked),
    "streaming_service_ids": Filter(
        ARRAY(Text()),
        stated,
        check=partial(check_ids, "ss", "streaming service"),
        names=Names("a streaming service of this catalogue", missing_rows(StreamingService)),
    ),
}
MEDIA_ORDERS = Orders(
    BY_TITLE,
    {
        MediaItemSort.TITLE: BY_TITLE.terms,
        MediaItemSort.RELEASE_DATE: (SortKey(lambda item: item.release_date, nullable=True),),
        MediaItemSort.RATING: (SortKey(lambda item: item.rating, nullable=True),),
        MediaItemSort.POPULARITY: (SortKey(lambda item: item.popularity, nullable=True),),
        MediaItemSort.CREATED_AT: (SortKey(lambda item: item.created_at),),
    },
    refs.MediaItemOrder,
)
