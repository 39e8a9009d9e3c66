"""GraphQL types of the catalogue."""

import enum
from datetime import date, datetime
from typing import TypeAlias

import strawberry
from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_

from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.keyset import SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.list_lengths import OFFERS, RECOMMENDATIONS, TITLE_ENTRIES
from infocus_graphql.domains.media import models
from infocus_graphql.domains.media.reads import BY_TITLE
from infocus_graphql.domains.recommendations.reads import NEWEST as NEWEST_RECOMMENDATION
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.domains.watchlists.policy import of_title
from infocus_graphql.domains.watchlists.reads import NEWEST, OF_USERS
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import Argument, column, many, page, relation
from infocus_graphql.graph.list_lengths import INNER_PAGE, Reading
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Direction, Orders
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import CountryCode

MediaType: TypeAlias = models.MediaType
OfferType: TypeAlias = models.OfferType

publish_enum(
    MediaType,
    "The type of a title.",
    {MediaType.MOVIE: "A film.", MediaType.TV: "A series."},
)
publish_enum(
    OfferType,
    "The way in which a streaming provider offers a title.",
    {
        OfferType.SUBSCRIPTION: "Included in a subscription.",
        OfferType.FREE: "Free of charge.",
        OfferType.ADS: "Free of charge, with advertisements.",
        OfferType.RENT: "Available for rent.",
        OfferType.BUY: "Available to buy.",
    },
)


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


def _own_entry(item: MappedRow, entry: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(entry.media_item_id == item.id, entry.user_id == viewer.id)


IN_REGIONS = Filter(ARRAY(Text()), lambda provider, values: provider.regions.bool_op("&&")(values))
OFFERED_AS = Filter(
    ARRAY(models.StreamingProvider.offer_type.type),
    lambda provider, value: provider.offer_type == any_(value),
)
PROVIDER_ARGUMENTS = {
    "regions": Argument(
        list[CountryCode] | None,
        "Returns offers that are available in at least one of these countries.",
        IN_REGIONS,
    ),
    "offer_types": Argument(list[OfferType] | None, "Returns offers with one of these types.", OFFERED_AS),
}
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


@row_type(models.MediaItem)
class MediaItem(Node):
    """A film or a series of the catalogue. Visible to everyone, also to anonymous clients."""

    tmdb_id: int = column(models.MediaItem.tmdb_id, "The id at TMDB; unique together with `tmdbType`.")
    tmdb_type: MediaType = column(models.MediaItem.tmdb_type, "The type of the title.")
    title: str = column(models.MediaItem.title, "The title.")
    description: str | None = column(models.MediaItem.description, "The description of the plot.")
    poster_path: str | None = column(
        models.MediaItem.poster_path, "The path of the poster on TMDB's image server."
    )
    backdrop_path: str | None = column(
        models.MediaItem.backdrop_path, "The path of the backdrop on TMDB's image server."
    )
    release_date: date | None = column(models.MediaItem.release_date, "The date of the first release.")
    rating: float | None = column(
        models.MediaItem.rating,
        "The average rating at TMDB, above 0 and at most 10; null if there are no votes.",
    )
    genres: list[str] = column(models.MediaItem.genres, "The genres, in the order of TMDB.")
    creators: list[str] = column(
        models.MediaItem.creators, "The directors of a film, or the creators of a series."
    )
    created_at: datetime = column(models.MediaItem.created_at, "When the title was added to the catalogue.")
    updated_at: datetime = column(models.MediaItem.updated_at, "When the title was last changed.")
    streaming_providers: list[refs.StreamingProvider] = many(
        models.MediaItem.streaming_providers,
        "The streaming providers that offer the title, by name and then in the order of `OfferType`.",
        order=(lambda provider: provider.provider_sort, lambda provider: provider.offer_type),
        arguments=PROVIDER_ARGUMENTS,
        length=OFFERS,
    )
    viewer_entry: refs.WatchlistEntry | None = relation(
        Link(WatchlistEntry, _own_entry, models.MediaItem),
        "The viewer's watchlist entry for the title; null if there is none.",
    )
    entries: Connection[refs.WatchlistEntry] | None = page(
        Link(WatchlistEntry, of_title, models.MediaItem),
        "The watchlist entries for the title that the viewer can see: their own, and those of "
        "members of their families, newest first.",
        orders=Orders(NEWEST),
        arguments={
            "user_ids": Argument(
                list[strawberry.ID] | None,
                "Returns entries of these users, who must share a family with the viewer.",
                OF_USERS,
            )
        },
        default=INNER_PAGE,
        reading=TITLE_ENTRIES,
    )
    recommendations: Connection[refs.Recommendation] | None = page(
        models.MediaItem.recommendations,
        "The recommendations of the title that the viewer sent or received, newest first.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS),
    )


@row_type(models.StreamingProvider)
class StreamingProvider(Node):
    """An offer of a title by a streaming provider."""

    media_item: refs.MediaItem = relation(models.StreamingProvider.media_item, "The title.")
    provider: str = column(models.StreamingProvider.provider, "The name of the provider.")
    offer_type: OfferType = column(models.StreamingProvider.offer_type, "The type of the offer.")
    url: str | None = column(
        models.StreamingProvider.url, "The URL of the title at the provider; null if unknown."
    )
    regions: list[CountryCode] = column(
        models.StreamingProvider.regions, "The countries in which the offer is available."
    )
    added_at: datetime = column(
        models.StreamingProvider.added_at, "When the offer was added to the catalogue."
    )


@strawberry.input(
    description="Input of `saveMediaItem`. Omitted fields keep their value. Null removes a value, "
    "except for `title`."
)
class SaveMediaItemInput:
    tmdb: TmdbRef = strawberry.field(
        description="The type and id at TMDB. The title is created if it is not in the catalogue."
    )
    title: str | None = strawberry.field(
        description="The title, 1-500 characters. Required for a new title; can't be null.",
        default=strawberry.UNSET,
    )
    description: str | None = strawberry.field(
        description="The description of the plot, at most 10,000 characters.", default=strawberry.UNSET
    )
    poster_path: str | None = strawberry.field(
        description="The path on TMDB's image server.", default=strawberry.UNSET
    )
    backdrop_path: str | None = strawberry.field(
        description="The path on TMDB's image server.", default=strawberry.UNSET
    )
    release_date: date | None = strawberry.field(
        description="The date of the first release.", default=strawberry.UNSET
    )
    rating: float | None = strawberry.field(
        description="The rating at TMDB, 0-10, rounded to three fraction digits. 0 means that there are "
        "no votes, and is stored as null.",
        default=strawberry.UNSET,
    )
    genres: list[str] | None = strawberry.field(
        description="The genres. They replace the current ones; null removes all.", default=strawberry.UNSET
    )
    creators: list[str] | None = strawberry.field(
        description="The creators. They replace the current ones; null removes all.", default=strawberry.UNSET
    )


@strawberry.type(description="Result of `saveMediaItem`.")
class SaveMediaItemPayload(Payload):
    media_item: refs.MediaItem | None = result(models.MediaItem, "The saved title; null on failure.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `deleteMediaItem`.")
class DeleteMediaItemInput:
    id: strawberry.ID = strawberry.field(description="The id of the title.")


@strawberry.type(description="Result of `deleteMediaItem`.")
class DeleteMediaItemPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted object; null on failure.", default=None
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(
    description="Input of `saveStreamingProvider`. Title, provider and offer type identify the "
    "streaming provider. If omitted, `url` and `regions` keep their value; null removes "
    "it."
)
class SaveStreamingProviderInput:
    media: MediaRef = strawberry.field(description="The title that the provider offers.")
    provider: str = strawberry.field(description="The name of the provider, 1-100 characters.")
    offer_type: OfferType = strawberry.field(
        description="The type of the offer.", default=OfferType.SUBSCRIPTION
    )
    url: str | None = strawberry.field(
        description="The http or https URL of the title at the provider.", default=strawberry.UNSET
    )
    regions: list[CountryCode] | None = strawberry.field(
        description="The countries in which the offer is available. They replace the current ones.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="Result of `saveStreamingProvider`.")
class SaveStreamingProviderPayload(Payload):
    streaming_provider: refs.StreamingProvider | None = result(
        models.StreamingProvider, "The saved streaming provider; null on failure."
    )
    media_item: refs.MediaItem | None = result(models.MediaItem, "The title of the streaming provider.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `deleteStreamingProvider`.")
class DeleteStreamingProviderInput:
    id: strawberry.ID = strawberry.field(description="The id of the streaming provider.")


@strawberry.type(description="Result of `deleteStreamingProvider`.")
class DeleteStreamingProviderPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted object; null on failure.", default=None
    )
    media_item: refs.MediaItem | None = result(models.MediaItem, "The title of the streaming provider.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
