"""GraphQL types of watchlists."""

from datetime import datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.db.links import link_by_keys
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.watchlists import models, policy, reads
from infocus_graphql.domains.watchlists.reads import WatchlistSort
from infocus_graphql.graph.connection import Direction
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, many, private, relation
from infocus_graphql.graph.list_lengths import MEMBERS
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import CountryCode

WatchStatus: TypeAlias = models.WatchStatus
Visibility: TypeAlias = models.Visibility

publish_enum(
    WatchStatus,
    "How far somebody is with a title. Any change is allowed: watching again is normal.",
    {
        WatchStatus.NOT_WATCHED: "Wants to see it.",
        WatchStatus.WATCHING: "Has begun.",
        WatchStatus.COMPLETED: "Has seen it.",
    },
)
publish_enum(
    Visibility,
    "Who may read something.",
    {
        Visibility.PRIVATE: "Nobody but oneself.",
        Visibility.FAMILY: "Those family members who see the entry.",
    },
)


publish_enum(
    WatchlistSort,
    "What a watchlist can be ordered by.",
    {
        WatchlistSort.DATE_ADDED: "When the title was put on the list.",
        WatchlistSort.DATE_UPDATED: "When the entry last changed.",
        WatchlistSort.STATUS: "Not watched, watching, completed.",
        WatchlistSort.RATING: "The person's own rating; entries without one come last.",
        WatchlistSort.TITLE: "The title, in a reader's order: case, accents and punctuation don't matter.",
        WatchlistSort.RELEASE_DATE: "The title's release; titles without a date come last.",
    },
)


@strawberry.input(description="An order of a watchlist.")
class WatchlistOrder:
    field: WatchlistSort = strawberry.field(description="What to order by.", default=WatchlistSort.DATE_ADDED)
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.DESC)


@strawberry.input(description="Conditions on entries; all given ones must hold, null ones are not looked at.")
class WatchlistFilter:
    """The conditions are defined in `reads.ENTRY_CONDITIONS`."""

    statuses: list[WatchStatus] | None = strawberry.field(
        description="Entries with one of these states.", default=None
    )
    types: list[refs.MediaType] | None = strawberry.field(description="Titles of these types.", default=None)
    genres: list[str] | None = strawberry.field(
        description="Titles with at least one of these genres, in any case and with or without accents.",
        default=None,
    )
    query: str | None = strawberry.field(
        description="This text is in the title, whatever its case, accents and width.", default=None
    )
    available_in: list[CountryCode] | None = strawberry.field(
        description="Titles available from a streaming provider in at least one of these countries.",
        default=None,
    )
    rated_at_least: int | None = strawberry.field(description="The person's own rating, 1-10.", default=None)
    is_rated: bool | None = strawberry.field(
        description="Entries with a rating (true) or without one (false).", default=None
    )
    added_since: datetime | None = strawberry.field(
        description="Entries added at or after this instant.", default=None
    )
    user_ids: list[strawberry.ID] | None = strawberry.field(
        description="Entries of these users, who must share a watchlist with the family. A user's own "
        "watchlist has entries of that user only.",
        default=None,
    )

    def check(self, *path: str) -> None:
        """Raises INVALID for conditions that exclude each other."""
        if self.is_rated is False and self.rated_at_least is not None:
            message = "An entry that is not rated has no rating: give either isRated or ratedAtLeast."
            raise refused(ErrorCode.INVALID, message, *path, "isRated")


@row_type(models.WatchlistEntry)
class WatchlistEntry(Node):
    """A title on somebody's list: how far they are, how they liked it, what they noted."""

    user: refs.User = relation(models.WatchlistEntry.user, "Whose entry it is.")
    media_item: refs.MediaItem = relation(models.WatchlistEntry.media_item, "The title.")
    status: WatchStatus = column(models.WatchlistEntry.status, "How far the person is.")
    rating: float | None = column(
        models.WatchlistEntry.rating, "The user's rating, a whole number from 1 to 10; null if not rated."
    )
    notes: str | None = private(
        models.WatchlistEntry.notes,
        "Notes; null unless they are yours or shared with you.",
        only=policy.can_read_notes,
    )
    notes_visibility: Visibility = column(models.WatchlistEntry.notes_visibility, "Who may read the notes.")
    version: int = column(
        models.WatchlistEntry.version,
        "Grows with each change; give it as `expectedVersion` to change what you saw.",
    )
    date_added: datetime = column(models.WatchlistEntry.date_added, "When the title was put on the list.")
    date_updated: datetime = column(models.WatchlistEntry.date_updated, "When the entry last changed.")


@strawberry.type(description="How many entries somebody has, in all and by status.")
class WatchlistStats:
    """Fields match the labels of `reads.stats`."""

    total: int = strawberry.field(description="All entries.")
    not_watched: int = strawberry.field(description="Entries still to be seen.")
    watching: int = strawberry.field(description="Entries begun.")
    completed: int = strawberry.field(description="Entries seen.")


@strawberry.input(
    description="Conditions on a family's titles; all given ones must hold, null ones are not looked at."
)
class FamilyTitleFilter:
    """The conditions are defined in `reads.TITLE_CONDITIONS`."""

    types: list[refs.MediaType] | None = strawberry.field(description="One of these types.", default=None)
    genres: list[str] | None = strawberry.field(
        description="At least one of these genres, in any case and with or without accents.", default=None
    )
    query: str | None = strawberry.field(
        description="This text is in the title, whatever its case, accents and width.", default=None
    )
    available_in: list[CountryCode] | None = strawberry.field(
        description="Titles available from a streaming provider in at least one of these countries.",
        default=None,
    )
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
        "The mean of the members' ratings, 1-10; null when nobody has rated it.",
    )


@strawberry.input(description="A title for one's own list.")
class AddToWatchlistInput:
    media: refs.MediaRef = strawberry.field(description="The title; it has to be in the catalogue.")
    status: WatchStatus = strawberry.field(description="How far you are.", default=WatchStatus.NOT_WATCHED)
    rating: int | None = strawberry.field(description="1-10, or null.", default=None)
    notes: str | None = strawberry.field(description="At most 2,000 characters.", default=None)
    notes_visibility: Visibility = strawberry.field(
        description="Who may read the notes.", default=Visibility.PRIVATE
    )


@strawberry.type(description="The new entry.")
class AddToWatchlistPayload(Payload):
    entry: refs.WatchlistEntry | None = result(models.WatchlistEntry, "The entry.")
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(
    description="Changes to an entry of yours. A field left out keeps its value. `null` clears `rating` and "
    "`notes`, and is refused for `status` and `notesVisibility`."
)
class UpdateWatchlistEntryInput:
    id: strawberry.ID = strawberry.field(description="The entry.")
    status: WatchStatus | None = strawberry.field(description="How far you are.", default=strawberry.UNSET)
    rating: int | None = strawberry.field(description="1-10; null clears it.", default=strawberry.UNSET)
    notes: str | None = strawberry.field(
        description="At most 2,000 characters; null clears them.", default=strawberry.UNSET
    )
    notes_visibility: Visibility | None = strawberry.field(
        description="Who may read the notes.", default=strawberry.UNSET
    )
    expected_version: int | None = strawberry.field(
        description="Refuse with STALE_VERSION unless the entry still has this version. At least 1; null "
        "is the same as leaving it out.",
        default=None,
    )


@strawberry.type(description="The changed entry.")
class UpdateWatchlistEntryPayload(Payload):
    entry: refs.WatchlistEntry | None = result(models.WatchlistEntry, "The entry as it is now.")
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Which entry to take off the list.")
class RemoveFromWatchlistInput:
    entry_id: strawberry.ID = strawberry.field(description="The id of one of the viewer's entries.")


@strawberry.type(description="What was removed.")
class RemoveFromWatchlistPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(description="The id of what is gone.", default=None)
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
