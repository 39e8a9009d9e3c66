"""GraphQL types of watchlists."""

from datetime import datetime
from typing import Any, TypeAlias

import strawberry

from infocus_graphql.core.errors import ErrorCode, Refusal, refused
from infocus_graphql.db.links import link_by_keys
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.list_lengths import MEMBERS, PLAYS_OF_ENTRY, PROGRESS
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.plays.progress import entry_progress
from infocus_graphql.domains.plays.reads import LATEST, NEXT_EPISODE
from infocus_graphql.domains.watchlists import models, policy, reads
from infocus_graphql.domains.watchlists.bulk import MAX_ITEMS
from infocus_graphql.domains.watchlists.reads import FamilyTitleSort, WatchlistSort
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.errors import UserError, user_error
from infocus_graphql.graph.fields import aggregate, column, computed, many, page, private, relation
from infocus_graphql.graph.list_lengths import INNER_PAGE, Reading
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Direction, Orders
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import CountryCode

WatchStatus: TypeAlias = models.WatchStatus
Visibility: TypeAlias = models.Visibility

publish_enum(
    WatchStatus,
    "The watch status of a title. All transitions are permitted.",
    {
        WatchStatus.NOT_WATCHED: "The user has not started to watch the title.",
        WatchStatus.WATCHING: "The user has started to watch the title.",
        WatchStatus.COMPLETED: "The user has finished the title.",
    },
)
publish_enum(
    Visibility,
    "Who can read a value.",
    {
        Visibility.PRIVATE: "Only the user.",
        Visibility.FAMILY: "The family members who can see the entry.",
    },
)


publish_enum(
    WatchlistSort,
    "The values by which watchlist entries can be sorted.",
    {
        WatchlistSort.DATE_ADDED: "When the title was added to the watchlist.",
        WatchlistSort.DATE_UPDATED: "When the entry was last changed.",
        WatchlistSort.STATUS: "The watch status, in the order NOT_WATCHED, WATCHING, COMPLETED.",
        WatchlistSort.RATING: "The user's rating. Entries without one come last.",
        WatchlistSort.TITLE: "The title, alphabetically. Case, accents and punctuation are ignored.",
        WatchlistSort.RELEASE_DATE: "The release date of the title. Titles without one come last.",
    },
)


publish_enum(
    FamilyTitleSort,
    "The values by which the titles of a family can be sorted.",
    {
        FamilyTitleSort.WANTED_BY: "The number of members who want to watch the title, then of those who "
        "track it.",
        FamilyTitleSort.AVERAGE_RATING: "The average rating of the members, then the number of ratings. "
        "Titles without a rating come last.",
        FamilyTitleSort.DATE_ADDED: "When a member last added the title to their watchlist.",
        FamilyTitleSort.TITLE: "The title, alphabetically. Case, accents and punctuation are ignored.",
        FamilyTitleSort.RELEASE_DATE: "The release date. Titles without one come last.",
    },
)


@strawberry.input(description="The order of watchlist entries.")
class WatchlistOrder:
    field: WatchlistSort = strawberry.field(
        description="The value to sort by.", default=WatchlistSort.DATE_ADDED
    )
    direction: Direction = strawberry.field(description="The direction of the order.", default=Direction.DESC)


@strawberry.input(description="The order of the titles of a family.")
class FamilyTitleOrder:
    field: FamilyTitleSort = strawberry.field(
        description="The value to sort by.", default=FamilyTitleSort.WANTED_BY
    )
    direction: Direction = strawberry.field(description="The direction of the order.", default=Direction.DESC)


@strawberry.input
class TitleFilter:
    """Base class of filters with conditions for titles."""

    types: list[refs.MediaType] | None = strawberry.field(
        description="Titles with one of these types.", default=None
    )
    genres: list[str] | None = strawberry.field(
        description="Titles with at least one of these genres, by their names in English or in the viewer's "
        "language. Case and accents are ignored.",
        default=None,
    )
    genre_ids: list[strawberry.ID] | None = strawberry.field(
        description="Titles with at least one of the genres with these ids.", default=None
    )
    runtime_at_least: int | None = strawberry.field(
        description="Titles that are at least this many minutes long, 0-10,000.", default=None
    )
    runtime_at_most: int | None = strawberry.field(
        description="Titles that are at most this many minutes long, 0-10,000.", default=None
    )
    only_mine: bool | None = strawberry.field(
        description="If true, titles that one of the viewer's own streaming services offers in the viewer's "
        "region, or in any country if the viewer has set none.",
        default=None,
    )
    query: str | None = strawberry.field(
        description="Titles that contain this text, in the viewer's language or as stored. Case, accents and "
        "character width are ignored.",
        default=None,
    )
    available_in: list[CountryCode] | None = strawberry.field(
        description="Titles available from a streaming provider in at least one of these countries.",
        default=None,
    )

    @property
    def own_services_in_region(self) -> str | None:
        """The viewer's region, if only the viewer's services count."""
        return "" if self.only_mine else None


@strawberry.input(
    description="Conditions for watchlist entries. Entries must meet all of them; null conditions are "
    "ignored."
)
class WatchlistFilter(TitleFilter):
    """The conditions are defined in `reads.ENTRY_CONDITIONS`."""

    statuses: list[WatchStatus] | None = strawberry.field(
        description="Entries with one of these statuses.", default=None
    )
    rated_at_least: int | None = strawberry.field(
        description="Entries that the user rated at least this high, 1-10.", default=None
    )
    is_rated: bool | None = strawberry.field(
        description="Entries with a rating (true) or without one (false).", default=None
    )
    added_since: datetime | None = strawberry.field(
        description="Entries added at or after this time.", default=None
    )
    user_ids: list[strawberry.ID] | None = strawberry.field(
        description="Entries of these users, who must share a watchlist with the family. A user's own "
        "watchlist has entries of that user only.",
        default=None,
    )

    def check(self, *path: str) -> None:
        """Raises INVALID for conditions that exclude each other."""
        if self.is_rated is False and self.rated_at_least is not None:
            message = "Unrated entries have no rating: use either isRated or ratedAtLeast."
            raise refused(ErrorCode.INVALID, message, *path, "isRated")


@row_type(models.WatchlistEntry)
class WatchlistEntry(Node):
    """
    A title on a user's watchlist, with status, rating and notes. Visible to the user, and to the members of
    families with which they share their watchlist.
    """

    user: refs.User = relation(models.WatchlistEntry.user, "The user who owns the entry.")
    media_item: refs.MediaItem = relation(models.WatchlistEntry.media_item, "The title.")
    status: WatchStatus = column(models.WatchlistEntry.status, "The watch status.")
    rating: float | None = column(
        models.WatchlistEntry.rating, "The user's rating, a whole number from 1 to 10; null if not rated."
    )
    notes: str | None = private(
        models.WatchlistEntry.notes,
        "The user's notes; null if there are none, or if they are private and the user is not the viewer.",
        only=policy.can_read_notes,
    )
    notes_visibility: Visibility = column(models.WatchlistEntry.notes_visibility, "Who can read the notes.")
    progress: refs.Progress = aggregate(
        models.WatchlistEntry, entry_progress, "The user's progress with the title.", reading=PROGRESS
    )
    next_episode: refs.Episode | None = relation(
        NEXT_EPISODE,
        "The first episode by number that has aired and is not watched; null if there is none, "
        "and for a film.",
        reading=PROGRESS,
    )
    rewatch_count: int = column(
        models.WatchlistEntry.rewatch_count, "The number of rewatches that the user has started."
    )
    plays: Connection[refs.WatchEvent] | None = page(
        models.WatchlistEntry.plays,
        "The plays of the title, latest first. Those without a date come last.",
        orders=Orders(LATEST),
        default=INNER_PAGE,
        reading=Reading(PLAYS_OF_ENTRY),
    )
    version: int = column(
        models.WatchlistEntry.version,
        "The version of the entry, which increases with each change. Pass it as "
        "`expectedVersion` to prevent lost updates.",
    )
    date_added: datetime = column(
        models.WatchlistEntry.date_added, "When the title was added to the watchlist."
    )
    date_updated: datetime = column(models.WatchlistEntry.date_updated, "When the entry was last changed.")
    viewer_can_update: bool = computed(
        models.WatchlistEntry, policy.can_change, "Whether the viewer may use `updateWatchlistEntry`."
    )
    viewer_can_delete: bool = computed(
        models.WatchlistEntry, policy.can_change, "Whether the viewer may use `removeFromWatchlist`."
    )


@strawberry.type(description="The number of watchlist entries of a user, by status.")
class WatchlistStats:
    """Fields match the labels of `reads.stats`."""

    total: int = strawberry.field(description="The number of entries.")
    not_watched: int = strawberry.field(description="The number of entries with the status NOT_WATCHED.")
    watching: int = strawberry.field(description="The number of entries with the status WATCHING.")
    completed: int = strawberry.field(description="The number of entries with the status COMPLETED.")


@strawberry.input(
    description="Conditions for titles of a family. Titles must meet all of them; null conditions are "
    "ignored."
)
class FamilyTitleFilter(TitleFilter):
    """The conditions are defined in `reads.TITLE_CONDITIONS`."""

    wanted_by_at_least: int | None = strawberry.field(
        description="Titles that at least this many members want to watch, 1-1,000.", default=None
    )


_BY_ID = (lambda user: user.id,)


@row_type(reads.FamilyTitle)
class FamilyTitle:
    """A title on the watchlists of a family's members, with the members by status."""

    media_item: refs.MediaItem = relation(reads.FamilyTitle.media_item, "The title.")
    wanted_by: list[refs.User] = many(
        link_by_keys(reads.FamilyTitle.wanted_by_ids, User),
        "Members whose entry has the status NOT_WATCHED.",
        order=_BY_ID,
        length=MEMBERS,
    )
    started_by: list[refs.User] = many(
        link_by_keys(reads.FamilyTitle.started_by_ids, User),
        "Members whose entry has the status WATCHING.",
        order=_BY_ID,
        length=MEMBERS,
    )
    completed_by: list[refs.User] = many(
        link_by_keys(reads.FamilyTitle.completed_by_ids, User),
        "Members whose entry has the status COMPLETED.",
        order=_BY_ID,
        length=MEMBERS,
    )
    average_rating: float | None = column(
        reads.FamilyTitle.average_rating,
        "The average rating of the members, 1-10; null if no member has rated the title.",
    )
    rating_count: int = column(
        reads.FamilyTitle.rating_count, "The number of members who have rated the title."
    )


@strawberry.input(description="Input of `addToWatchlist`.")
class AddToWatchlistInput:
    media: refs.MediaRef = strawberry.field(description="The title to add.")
    status: WatchStatus = strawberry.field(description="The watch status.", default=WatchStatus.NOT_WATCHED)
    rating: int | None = strawberry.field(description="A rating from 1 to 10; null for none.", default=None)
    notes: str | None = strawberry.field(description="The notes, at most 2,000 characters.", default=None)
    notes_visibility: Visibility = strawberry.field(
        description="Who can read the notes.", default=Visibility.PRIVATE
    )


@strawberry.type(description="Result of `addToWatchlist`.")
class AddToWatchlistPayload(Payload):
    entry: refs.WatchlistEntry | None = result(models.WatchlistEntry, "The new entry; null on failure.")
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(
    description="Input of `updateWatchlistEntry`. Omitted fields keep their value. Null removes "
    "`rating` and `notes`; it is invalid for `status` and `notesVisibility`."
)
class UpdateWatchlistEntryInput:
    id: strawberry.ID = strawberry.field(description="The id of one of the viewer's entries.")
    status: WatchStatus | None = strawberry.field(description="The watch status.", default=strawberry.UNSET)
    rating: int | None = strawberry.field(
        description="The rating from 1 to 10; null removes it.", default=strawberry.UNSET
    )
    notes: str | None = strawberry.field(
        description="The notes, at most 2,000 characters; null removes them.", default=strawberry.UNSET
    )
    notes_visibility: Visibility | None = strawberry.field(
        description="Who can read the notes.", default=strawberry.UNSET
    )
    expected_version: int | None = strawberry.field(
        description="Fails with STALE_VERSION unless the entry still has this version. At least 1; null "
        "disables the check.",
        default=None,
    )


@strawberry.type(description="Result of `updateWatchlistEntry`.")
class UpdateWatchlistEntryPayload(Payload):
    entry: refs.WatchlistEntry | None = result(models.WatchlistEntry, "The updated entry; null on failure.")
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type
class BulkPayload(Payload):
    """Base class of the payloads of bulk mutations: each item has its own outcome."""

    ids: strawberry.Private[tuple[str, ...]] = ()  # empty texts for items that were refused
    refused_items: strawberry.Private[tuple[list[Any], ...]] = ()
    entries: list[refs.WatchlistEntry | None] = result(
        models.WatchlistEntry,
        "The entries in the order of `items`. An entry is null if its item was refused.",
        many="ids",
        rows=MAX_ITEMS,
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")

    @strawberry.field(
        description="The errors of the items that were refused. Their `path` begins with `input`, `items` "
        "and the index of the item. Other items were applied."
    )
    def item_errors(self) -> list[UserError]:
        """Returns the errors of items."""
        return [user_error(Refusal(ErrorCode(code), *rest)) for code, *rest in self.refused_items]


@strawberry.input(description="Input of `addManyToWatchlist`.")
class AddManyToWatchlistInput:
    items: list[AddToWatchlistInput] = strawberry.field(description="The titles to add, 1-500.")


@strawberry.type(description="Result of `addManyToWatchlist`.")
class AddManyToWatchlistPayload(BulkPayload):
    """The added entries."""


@strawberry.input(description="Input of `updateManyWatchlistEntries`.")
class UpdateManyWatchlistEntriesInput:
    items: list[UpdateWatchlistEntryInput] = strawberry.field(
        description="The changes, 1-500, each of another entry."
    )


@strawberry.type(description="Result of `updateManyWatchlistEntries`.")
class UpdateManyWatchlistEntriesPayload(BulkPayload):
    """The updated entries."""


@strawberry.input(description="Input of `removeFromWatchlist`.")
class RemoveFromWatchlistInput:
    entry_id: strawberry.ID = strawberry.field(description="The id of one of the viewer's entries.")


@strawberry.type(description="Result of `removeFromWatchlist`.")
class RemoveFromWatchlistPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted object; null on failure.", default=None
    )
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
