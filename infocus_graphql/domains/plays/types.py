"""GraphQL types of plays and progress."""

from datetime import date, datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.plays import dates, models, policy, reads
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, computed, private, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result

WatchDatePrecision: TypeAlias = models.WatchDatePrecision
publish_enum(
    WatchDatePrecision,
    "How exactly the date of a play is known.",
    {
        WatchDatePrecision.INSTANT: "`watchedAt` is known.",
        WatchDatePrecision.DAY: "The day is known.",
        WatchDatePrecision.MONTH: "The month is known.",
        WatchDatePrecision.YEAR: "The year is known.",
        WatchDatePrecision.UNKNOWN: "The date is unknown.",
    },
)


@row_type(models.WatchEvent)
class WatchEvent(Node):
    """
    A play: one viewing of a film or of an episode by a user. Visible with its watchlist entry; `note` and
    `source` to the user only.
    """

    user: refs.User = relation(models.WatchEvent.user, "The user who watched.")
    entry: refs.WatchlistEntry = relation(models.WatchEvent.entry, "The watchlist entry of the title.")
    episode: refs.Episode | None = relation(models.WatchEvent.episode, "The episode; null for a film.")
    watched_at: datetime | None = computed(
        models.WatchEvent, dates.instant, "When it was watched; null unless `precision` is INSTANT."
    )
    watched_on: date | None = computed(
        models.WatchEvent,
        dates.day,
        "The day, in the viewer's time zone for INSTANT; the first day of the month or year for MONTH and "
        "YEAR; null for UNKNOWN.",
    )
    precision: WatchDatePrecision = column(models.WatchEvent.precision, "How exactly the date is known.")
    rewatch: int = column(
        models.WatchEvent.rewatch,
        "The number of the rewatch to which the play counts; 0 for the first time through.",
    )
    streaming_service: refs.StreamingService | None = relation(
        models.WatchEvent.streaming_service,
        "The streaming service on which it was watched; null if not stated.",
    )
    source: str | None = private(
        models.WatchEvent.source,
        "The application that logged the play; null if not stated, and for other users.",
        only=policy.is_own,
    )
    note: str | None = private(
        models.WatchEvent.note,
        "The user's note; null if there is none, and for other users.",
        only=policy.is_own,
    )
    created_at: datetime = column(models.WatchEvent.created_at, "When the play was logged.")
    viewer_can_delete: bool = computed(
        models.WatchEvent, policy.is_own, "Whether the viewer may use `undoWatch`."
    )


@strawberry.type(
    description="The progress of a watchlist entry, from the plays since its last rewatch. Episodes that "
    "TMDB no longer lists don't count, and specials count apart."
)
class Progress:
    """Fields match the labels of `progress.entry_progress`."""

    watched_episodes: int = strawberry.field(description="The number of episodes watched; 0 for a film.")
    aired_episodes: int = strawberry.field(
        description="The number of episodes that have aired by today in the viewer's time zone, or are "
        "watched."
    )
    total_episodes: int = strawberry.field(description="The number of episodes, announced ones included.")
    watched_specials: int = strawberry.field(description="The number of specials watched.")
    total_specials: int = strawberry.field(description="The number of specials, announced ones included.")
    percent: float = strawberry.field(
        description="The share of the aired episodes that is watched, 0-100; of a film, 0 or 100."
    )
    minutes_left: int | None = strawberry.field(
        description="The minutes of what has aired and is not watched; null if a runtime is unknown."
    )


@strawberry.type(description="The viewer's progress in a season.")
class SeasonProgress:
    """Fields match the labels of `progress.season_progress`."""

    watched_episodes: int = strawberry.field(description="The number of episodes watched.")
    aired_episodes: int = strawberry.field(
        description="The number of episodes that have aired by today in the viewer's time zone, or are "
        "watched."
    )
    total_episodes: int = strawberry.field(description="The number of episodes, announced ones included.")
    percent: float = strawberry.field(description="The share of the aired episodes that is watched, 0-100.")
    minutes_left: int | None = strawberry.field(
        description="The minutes of what has aired and is not watched; null if a runtime is unknown."
    )


@row_type(reads.UpNext)
class UpNext:
    """The next episode of a series that the viewer is watching."""

    entry: refs.WatchlistEntry = relation(reads.UpNext.entry, "The viewer's watchlist entry of the series.")
    media_item: refs.MediaItem = relation(reads.UpNext.media_item, "The series.")
    episode: refs.Episode = relation(
        reads.UpNext.episode, "The first episode by number that has aired and is not watched."
    )
    last_activity_at: datetime = column(
        reads.UpNext.last_activity_at,
        "When the viewer last logged a play of the series, or added it to the watchlist.",
    )


@strawberry.input(description="Conditions for the episodes that are up next. All must hold.")
class UpNextFilter:
    """The conditions are defined in `reads.UP_NEXT_CONDITIONS`."""

    only_mine: bool | None = strawberry.field(
        description="If true, series that one of the viewer's own streaming services offers in the viewer's "
        "region, or in any country if the viewer has set none.",
        default=None,
    )
    runtime_at_most: int | None = strawberry.field(
        description="Episodes that are at most this many minutes long, 0-10,000.", default=None
    )

    @property
    def own_services_in_region(self) -> str | None:
        """The viewer's region, if only the viewer's services count."""
        return "" if self.only_mine else None


@strawberry.input(
    description="Input of `logWatch`: exactly one of `media`, `episodeIds`, `seasonId` and `upToEpisodeId`. "
    "Without a date, it was watched now."
)
class LogWatchInput:
    media: refs.MediaRef | None = strawberry.field(
        description="A film, or a series of which all aired episodes except specials are logged.",
        default=None,
    )
    episode_ids: list[strawberry.ID] | None = strawberry.field(
        description="Episodes of one series, at most 500.", default=None
    )
    season_id: strawberry.ID | None = strawberry.field(
        description="A season of which all aired episodes are logged.", default=None
    )
    up_to_episode_id: strawberry.ID | None = strawberry.field(
        description="An episode: it and all aired episodes before it are logged. Specials only if it is one.",
        default=None,
    )
    watched_at: datetime | None = strawberry.field(description="When it was watched.", default=None)
    watched_on: date | None = strawberry.field(
        description="The day, or any day of the month or year, according to `precision`.", default=None
    )
    precision: WatchDatePrecision | None = strawberry.field(
        description="How exactly the date is known. By default INSTANT, and DAY with `watchedOn`.",
        default=None,
    )
    again: bool = strawberry.field(
        description="Whether to log another play of what has one at this time, and of a season, a series or "
        "with `upToEpisodeId` also of episodes that are watched already.",
        default=False,
    )
    streaming_service_id: strawberry.ID | None = strawberry.field(
        description="The streaming service on which it was watched.", default=None
    )
    source: str | None = strawberry.field(
        description="The name of the application that logs the play, at most 50 characters.", default=None
    )
    note: str | None = strawberry.field(description="A private note, at most 2,000 characters.", default=None)


@strawberry.type(description="Result of `logWatch`.")
class LogWatchPayload(Payload):
    ids: strawberry.Private[tuple[str, ...]] = ()
    plays: list[refs.WatchEvent] = result(
        models.WatchEvent,
        "The plays, with those that existed already; of more than 100, the last 100. Empty on failure.",
        many="ids",
        rows=models.MAX_RETURNED,
    )
    logged_count: int | None = strawberry.field(
        description="The number of plays that were added; null on failure.", default=None
    )
    entry: refs.WatchlistEntry | None = result(WatchlistEntry, "The watchlist entry; null on failure.")
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `undoWatch`.")
class UndoWatchInput:
    watch_event_id: strawberry.ID = strawberry.field(description="The id of one of the viewer's plays.")


@strawberry.type(description="Result of `undoWatch`.")
class UndoWatchPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted object; null on failure.", default=None
    )
    entry: refs.WatchlistEntry | None = result(WatchlistEntry, "The watchlist entry; null on failure.")
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `startRewatch`.")
class StartRewatchInput:
    entry_id: strawberry.ID = strawberry.field(description="The id of one of the viewer's entries.")


@strawberry.type(description="Result of `startRewatch`.")
class StartRewatchPayload(Payload):
    entry: refs.WatchlistEntry | None = result(WatchlistEntry, "The watchlist entry; null on failure.")
    media_item: refs.MediaItem | None = result(MediaItem, "The title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
