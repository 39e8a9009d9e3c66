"""Orders, filters and references of titles."""

import enum
from datetime import date

import strawberry

from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.db.keyset import SortKey
from infocus_graphql.domains import refs
from infocus_graphql.domains.media.reads import BY_TITLE
from infocus_graphql.domains.media.types.enums import MediaType
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.ordering import Direction, Orders
from infocus_graphql.graph.scalars import CountryCode


class MediaItemSort(enum.Enum):
    """The values by which titles can be sorted."""

    TITLE = "title"
    RELEASE_DATE = "release_date"
    RATING = "rating"
    CREATED_AT = "created_at"


publish_enum(
    MediaItemSort,
    "The values by which titles can be sorted.",
    {
        MediaItemSort.TITLE: "The title, alphabetically. Case, accents and punctuation are ignored.",
        MediaItemSort.RELEASE_DATE: "The release date. Titles without one come last.",
        MediaItemSort.RATING: "The rating at TMDB. Titles without one come last.",
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
    """The conditions are defined in `reads.MEDIA_CONDITIONS`."""

    types: list[MediaType] | None = strawberry.field(
        description="Titles with one of these types.", default=None
    )
    genres: list[str] | None = strawberry.field(
        description="Titles with at least one of these genres. Case and accents are ignored.", default=None
    )
    query: str | None = strawberry.field(
        description="Titles that contain this text. Case, accents and character width are ignored.",
        default=None,
    )
    released_since: date | None = strawberry.field(
        description="Titles released on or after this date.", default=None
    )
    released_until: date | None = strawberry.field(
        description="Titles released on or before this date.", default=None
    )
    rated_at_least: float | None = strawberry.field(description="The rating at TMDB, 0-10.", default=None)
    available_in: list[CountryCode] | None = strawberry.field(
        description="Titles available from a streaming provider in at least one of these countries.",
        default=None,
    )

    def check(self, *path: str) -> None:
        """Raises OUT_OF_RANGE if the range of release dates is empty."""
        first, last = self.released_since, self.released_until
        if first is not None and last is not None and first > last:
            message = f"releasedSince ({first}) is later than releasedUntil ({last})."
            raise refused(ErrorCode.INVALID, message, *path, "releasedSince")


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


MEDIA_ORDERS = Orders(
    BY_TITLE,
    {
        MediaItemSort.TITLE: BY_TITLE.terms,
        MediaItemSort.RELEASE_DATE: (SortKey(lambda item: item.release_date, nullable=True),),
        MediaItemSort.RATING: (SortKey(lambda item: item.rating, nullable=True),),
        MediaItemSort.CREATED_AT: (SortKey(lambda item: item.created_at),),
    },
    refs.MediaItemOrder,
)
