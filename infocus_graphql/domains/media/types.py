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
from infocus_graphql.domains.media import models
from infocus_graphql.domains.media.reads import BY_TITLE
from infocus_graphql.domains.recommendations.reads import NEWEST as NEWEST_RECOMMENDATION
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.domains.watchlists.policy import of_title
from infocus_graphql.domains.watchlists.reads import NEWEST, OF_USERS
from infocus_graphql.graph.connection import Connection, Direction, Orders
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import Argument, column, many, page, relation
from infocus_graphql.graph.list_lengths import INNER_PAGE, OFFERS, RECOMMENDATIONS, TITLE_ENTRIES, Reading
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import CountryCode

MediaType: TypeAlias = models.MediaType
OfferType: TypeAlias = models.OfferType

publish_enum(
    MediaType,
    "TMDB numbers films and series separately.",
    {MediaType.MOVIE: "A film.", MediaType.TV: "A series."},
)
publish_enum(
    OfferType,
    "How a service offers a title.",
    {
        OfferType.SUBSCRIPTION: "Included in a subscription.",
        OfferType.FREE: "Free of charge.",
        OfferType.ADS: "Free of charge, with advertisements.",
        OfferType.RENT: "To rent.",
        OfferType.BUY: "To buy.",
    },
)


class MediaItemSort(enum.Enum):
    """What the catalogue can be ordered by."""

    TITLE = "title"
    RELEASE_DATE = "release_date"
    RATING = "rating"
    CREATED_AT = "created_at"


publish_enum(
    MediaItemSort,
    "What the catalogue can be ordered by.",
    {
        MediaItemSort.TITLE: "The title, in a reader's order: case, accents and punctuation don't matter.",
        MediaItemSort.RELEASE_DATE: "The date of release; titles without one come last.",
        MediaItemSort.RATING: "TMDB's rating; titles without one come last.",
        MediaItemSort.CREATED_AT: "When the title came into the catalogue.",
    },
)


@strawberry.input(description="An order of the catalogue.")
class MediaItemOrder:
    field: MediaItemSort = strawberry.field(description="What to order by.", default=MediaItemSort.TITLE)
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)


@strawberry.input(description="Conditions on titles; all given ones must hold, null ones are not looked at.")
class MediaItemFilter:
    """The conditions are defined in `reads.MEDIA_CONDITIONS`."""

    types: list[MediaType] | None = strawberry.field(description="One of these types.", default=None)
    genres: list[str] | None = strawberry.field(
        description="At least one of these genres, in any case and with or without accents.", default=None
    )
    query: str | None = strawberry.field(
        description="This text is in the title, whatever its case, accents and width.", default=None
    )
    released_since: date | None = strawberry.field(
        description="Released on or after this date.", default=None
    )
    released_until: date | None = strawberry.field(
        description="Released on or before this date.", default=None
    )
    rated_at_least: float | None = strawberry.field(description="TMDB's rating, 0-10.", default=None)
    available_in: list[CountryCode] | None = strawberry.field(
        description="Available from a streaming provider in at least one of these countries.", default=None
    )

    def check(self, *path: str) -> None:
        """Raises OUT_OF_RANGE if the range of release dates is empty."""
        first, last = self.released_since, self.released_until
        if first is not None and last is not None and first > last:
            message = f"releasedSince ({first}) is later than releasedUntil ({last})."
            raise refused(ErrorCode.INVALID, message, *path, "releasedSince")


@strawberry.input(description="A title by TMDB's type and number; the number alone is ambiguous.")
class TmdbRef:
    id: int = strawberry.field(description="TMDB's number.")
    type: MediaType = strawberry.field(description="Whether it numbers a film or a series.")


@strawberry.input(one_of=True, description="Names a title: by our id, or by TMDB's type and number.")
class MediaRef:
    id: strawberry.ID | None = strawberry.field(description="Our id.", default=strawberry.UNSET)
    tmdb: TmdbRef | None = strawberry.field(description="TMDB's type and number.", default=strawberry.UNSET)


def _own_entry(item: MappedRow, entry: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(entry.media_item_id == item.id, entry.user_id == viewer.id)


IN_REGIONS = Filter(ARRAY(Text()), lambda provider, values: provider.regions.bool_op("&&")(values))
OFFERED_AS = Filter(
    ARRAY(models.StreamingProvider.offer_type.type),
    lambda provider, value: provider.offer_type == any_(value),
)
PROVIDER_ARGUMENTS = {
    "regions": Argument(
        list[CountryCode] | None, "Only offers in at least one of these countries.", IN_REGIONS
    ),
    "offer_types": Argument(list[OfferType] | None, "Only offers of these kinds.", OFFERED_AS),
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
    """A film or a series. Everybody sees it; what hangs on it is shown as far as the viewer may see it."""

    tmdb_id: int = column(models.MediaItem.tmdb_id, "TMDB's number; unique together with the type.")
    tmdb_type: MediaType = column(models.MediaItem.tmdb_type, "Whether it is a film or a series.")
    title: str = column(models.MediaItem.title, "The title.")
    description: str | None = column(models.MediaItem.description, "What it is about.")
    poster_path: str | None = column(
        models.MediaItem.poster_path, "The poster's path on TMDB's image server."
    )
    backdrop_path: str | None = column(
        models.MediaItem.backdrop_path, "The backdrop's path on TMDB's image server."
    )
    release_date: date | None = column(models.MediaItem.release_date, "The first release.")
    rating: float | None = column(
        models.MediaItem.rating, "TMDB's average rating, above 0 and up to 10; null when nobody has voted."
    )
    genres: list[str] = column(models.MediaItem.genres, "Genres, in TMDB's order.")
    creators: list[str] = column(models.MediaItem.creators, "Directors of a film, creators of a series.")
    created_at: datetime = column(models.MediaItem.created_at, "When it came into the catalogue.")
    updated_at: datetime = column(models.MediaItem.updated_at, "When its data last changed.")
    streaming_providers: list[refs.StreamingProvider] = many(
        models.MediaItem.streaming_providers,
        "Where it streams, by name of the service, then in the order of `OfferType`.",
        order=(lambda provider: provider.provider_sort, lambda provider: provider.offer_type),
        arguments=PROVIDER_ARGUMENTS,
        length=OFFERS,
    )
    viewer_entry: refs.WatchlistEntry | None = relation(
        Link(WatchlistEntry, _own_entry, models.MediaItem), "The viewer's own entry for it."
    )
    entries: Connection[refs.WatchlistEntry] | None = page(
        Link(WatchlistEntry, of_title, models.MediaItem),
        "The entries for it that the viewer may see: their own, and those of their families.",
        orders=Orders(NEWEST),
        arguments={
            "user_ids": Argument(list[strawberry.ID] | None, "Only entries of these people.", OF_USERS)
        },
        default=INNER_PAGE,
        reading=TITLE_ENTRIES,
    )
    recommendations: Connection[refs.Recommendation] | None = page(
        models.MediaItem.recommendations,
        "Recommendations of it that the viewer sent or got.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS),
    )


@row_type(models.StreamingProvider)
class StreamingProvider(Node):
    """An offer of a title by a service."""

    media_item: refs.MediaItem = relation(models.StreamingProvider.media_item, "The title.")
    provider: str = column(models.StreamingProvider.provider, "The service's name.")
    offer_type: OfferType = column(models.StreamingProvider.offer_type, "How it is offered.")
    url: str | None = column(models.StreamingProvider.url, "Where to watch it.")
    regions: list[CountryCode] = column(
        models.StreamingProvider.regions, "Countries in which the offer holds."
    )
    added_at: datetime = column(models.StreamingProvider.added_at, "When we learned of the offer.")


@strawberry.input(
    description="A title to make or to change. Fields left out keep their value. "
    "`null` is refused for `title` and clears the others."
)
class SaveMediaItemInput:
    tmdb: TmdbRef = strawberry.field(description="Which title; it is made when it isn't there.")
    title: str | None = strawberry.field(
        description="1-500 characters; needed for a new title.", default=strawberry.UNSET
    )
    description: str | None = strawberry.field(
        description="At most 10,000 characters.", default=strawberry.UNSET
    )
    poster_path: str | None = strawberry.field(
        description="Path on TMDB's image server.", default=strawberry.UNSET
    )
    backdrop_path: str | None = strawberry.field(
        description="Path on TMDB's image server.", default=strawberry.UNSET
    )
    release_date: date | None = strawberry.field(description="The first release.", default=strawberry.UNSET)
    rating: float | None = strawberry.field(
        description="0-10. TMDB's 0 says that nobody has voted: it is stored as null. Kept to three digits.",
        default=strawberry.UNSET,
    )
    genres: list[str] | None = strawberry.field(
        description="Replaces all genres; null empties.", default=strawberry.UNSET
    )
    creators: list[str] | None = strawberry.field(
        description="Replaces all creators; null empties.", default=strawberry.UNSET
    )


@strawberry.type(description="The saved title.")
class SaveMediaItemPayload(Payload):
    media_item: refs.MediaItem | None = result(models.MediaItem, "The title as it is now.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Which title to delete.")
class DeleteMediaItemInput:
    id: strawberry.ID = strawberry.field(description="Our id of the title.")


@strawberry.type(description="What was deleted.")
class DeleteMediaItemPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(description="The id of what is gone.", default=None)
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(
    description="A service's offer of a title, named by title, service and kind. "
    "`url` and `regions` keep their value when left out, and `null` clears them."
)
class SaveStreamingProviderInput:
    media: MediaRef = strawberry.field(description="The title.")
    provider: str = strawberry.field(description="The service's name, 1-100 characters.")
    offer_type: OfferType = strawberry.field(description="How it is offered.", default=OfferType.SUBSCRIPTION)
    url: str | None = strawberry.field(
        description="Where to watch it: http or https.", default=strawberry.UNSET
    )
    regions: list[CountryCode] | None = strawberry.field(
        description="Replaces the countries in which the offer holds.", default=strawberry.UNSET
    )


@strawberry.type(description="The saved offer.")
class SaveStreamingProviderPayload(Payload):
    streaming_provider: refs.StreamingProvider | None = result(
        models.StreamingProvider, "The offer as it is now."
    )
    media_item: refs.MediaItem | None = result(models.MediaItem, "The title of the offer.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Which offer to remove.")
class DeleteStreamingProviderInput:
    id: strawberry.ID = strawberry.field(description="The id of the offer.")


@strawberry.type(description="What was removed.")
class DeleteStreamingProviderPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(description="The id of what is gone.", default=None)
    media_item: refs.MediaItem | None = result(models.MediaItem, "The title of the offer.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
