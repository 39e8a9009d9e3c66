"""Orders, filters and links of plays, and the episodes that are up next."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Text,
    and_,
    case,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.orm import Mapped, aliased
from sqlalchemy.util import immutabledict

from infocus_graphql.core.text import check_range
from infocus_graphql.db.base import Base, to_one
from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlValue
from infocus_graphql.db.visibility import VIEWER, SqlViewer, visibility
from infocus_graphql.domains.identity.user_settings.reads import viewer_time_zone
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.plays.dates import start_of
from infocus_graphql.domains.plays.models import WatchDatePrecision, WatchEvent
from infocus_graphql.domains.plays.progress import first_unwatched, is_watched, next_episode_id
from infocus_graphql.domains.search.discovery import DISCOVERY_CONDITIONS
from infocus_graphql.domains.series.models import Episode, Season
from infocus_graphql.domains.watchlists.models import WatchlistEntry, WatchStatus

LATEST = Order("WATCHED_AT", (SortKey(lambda play: play.watched_at, nullable=True),), descending=True)


def _midnight(day: SqlValue, play: MappedRow) -> SqlExpression:
    """The start of a day: in the viewer's time zone for instants, in UTC for the days of other plays."""
    local = func.timezone(viewer_time_zone(VIEWER), day.cast(DateTime), type_=DateTime(timezone=True))
    return case((play.precision == WatchDatePrecision.INSTANT, local), else_=start_of(day))


SINCE = Filter(Date(), lambda play, day: play.watched_at >= _midnight(day, play))
UNTIL = Filter(Date(), lambda play, day: play.watched_at < _midnight(day + literal(1, Integer()), play))

HISTORY = Link(
    WatchEvent,
    lambda user, play, viewer: and_(play.user_id == user.id, viewer.is_(play.user_id)),
    User,
)
NEXT_EPISODE = Link(
    Episode, lambda entry, episode, viewer: episode.id == next_episode_id(entry, viewer), WatchlistEntry
)


def viewer_plays(episode: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The number of the viewer's plays of an episode, those before a rewatch included."""
    play = aliased(WatchEvent)
    own = select(func.count(play.id)).where(play.episode_id == episode.id, play.user_id == viewer.id)
    return scalar(own, play)


def watched_by_viewer(episode: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """Whether the episode counts as watched in the viewer's progress."""
    entry = aliased(WatchlistEntry)
    own = select(func.count(entry.id) > 0).where(
        entry.media_item_id == episode.media_item_id,
        entry.user_id == viewer.id,
        is_watched(entry, episode),
    )
    return scalar(own, entry)


def _up_next() -> Any:
    entry, episode, season = aliased(WatchlistEntry), aliased(Episode), aliased(Season)
    play, item = aliased(WatchEvent), aliased(MediaItem)
    columns: list[Any] = [episode.id.label("episode_id"), episode.runtime_minutes]
    first = first_unwatched(entry, episode, season, VIEWER).with_only_columns(*columns)
    found = first.correlate_except(episode, season).lateral("next_episode")
    last_play = scalar(select(func.max(play.created_at)).where(play.entry_id == entry.id), play)
    return (
        select(
            func.concat(entry.id, ":next", type_=Text()).label("id"),
            entry.id.label("entry_id"),
            entry.media_item_id,
            found.c.episode_id,
            func.coalesce(found.c.runtime_minutes, item.runtime_minutes).label("runtime_minutes"),
            func.coalesce(last_play, entry.date_added).label("last_activity_at"),
        )
        .select_from(entry)
        .join(item, item.id == entry.media_item_id)
        .join(found, true())
        .where(entry.user_id == VIEWER.id, entry.status == WatchStatus.WATCHING)
        .subquery("up_next")
    )


class UpNext(Base):
    """The next episode of a series that the viewer is watching. Computed, not stored."""

    __table__ = _up_next()
    __mapper_args__ = immutabledict({"primary_key": [__table__.c.id], "eager_defaults": False})

    if TYPE_CHECKING:
        entry_id: Mapped[str]
        episode_id: Mapped[str]
        media_item_id: Mapped[str]
        last_activity_at: Mapped[datetime]

    entry = to_one(
        None,
        argument=WatchlistEntry,
        primaryjoin=lambda: WatchlistEntry.id == UpNext.entry_id,
        foreign_keys=lambda: [UpNext.entry_id],
        viewonly=True,
    )
    episode = to_one(
        None,
        argument=Episode,
        primaryjoin=lambda: Episode.id == UpNext.episode_id,
        foreign_keys=lambda: [UpNext.episode_id],
        viewonly=True,
    )
    media_item = to_one(
        None,
        argument=MediaItem,
        primaryjoin=lambda: MediaItem.id == UpNext.media_item_id,
        foreign_keys=lambda: [UpNext.media_item_id],
        viewonly=True,
    )


@visibility(UpNext)
def visible_up_next(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All rows: they are computed for the viewer, from the viewer's entries."""
    return true()


UP_NEXT = Link(UpNext, lambda user, row, viewer: literal(True), User)
MOST_ACTIVE = Order("LAST_ACTIVITY_AT", (SortKey(lambda row: row.last_activity_at),), descending=True)


def _on_own_services(row: MappedRow, region: SqlValue) -> ColumnElement[bool]:
    item = aliased(MediaItem)
    own = DISCOVERY_CONDITIONS["own_services_in_region"].predicate(item, region)
    return scalar(select(func.count(item.id) > 0).where(item.id == row.media_item_id, own), item)


def _check_minutes(value: int, *path: str) -> None:
    check_range(value, *path, minimum=0, maximum=10_000)


UP_NEXT_CONDITIONS = {
    "own_services_in_region": Filter(Text(), _on_own_services),
    "runtime_at_most": Filter(
        Integer(), lambda row, value: row.runtime_minutes <= value, check=_check_minutes
    ),
}
