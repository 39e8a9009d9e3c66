"""The progress of a watchlist entry, computed from its plays when it is read.

Only the plays of the entry's last rewatch count, and only episodes that TMDB still lists. An unaired episode
with a play counts as aired, so no more episodes are watched than have aired.
"""

from typing import Final

from sqlalchemy import ColumnElement, Double, Integer, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import exists, scalar
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect, SqlValue
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.media.models import MediaItem, MediaType, ProductionStatus
from infocus_graphql.domains.plays.dates import today
from infocus_graphql.domains.plays.models import WatchEvent
from infocus_graphql.domains.series.models import Episode, Season
from infocus_graphql.domains.watchlists.models import WatchlistEntry, WatchStatus

_ZERO: Final = literal_column("0", Integer())
_ALL: Final[SqlValue] = literal_column("100.0", Double())
_ENDED: Final = (ProductionStatus.ENDED, ProductionStatus.CANCELED)


def counts(play: MappedRow, entry: MappedRow) -> ColumnElement[bool]:
    """The play counts for the progress of the entry."""
    return and_(play.entry_id == entry.id, play.rewatch == entry.rewatch_count)


def is_watched(entry: MappedRow, episode: MappedRow) -> ColumnElement[bool]:
    """The episode has a play that counts for the progress of the entry."""
    play = aliased(WatchEvent)
    return exists(select(play.id).where(counts(play, entry), play.episode_id == episode.id), play)


def film_is_watched(entry: MappedRow) -> ColumnElement[bool]:
    """The film of the entry has a play that counts."""
    play = aliased(WatchEvent)
    return exists(select(play.id).where(counts(play, entry), play.episode_id.is_(None)), play)


def entry_progress(entry: MappedRow, viewer: SqlViewer) -> SqlSelect:
    """The counts of episodes, the percentage and the minutes left of an entry. Always one row."""
    episode, season, play = aliased(Episode), aliased(Season), aliased(WatchEvent)
    regular, special = season.number > _ZERO, season.number == _ZERO
    film = of_title(entry, lambda item: item.tmdb_type == MediaType.MOVIE)
    runtime = of_title(entry, lambda item: item.runtime_minutes)
    seen = film_is_watched(entry)
    watched, aired, total = _counts(episode, play, viewer, regular)
    percent = case((film, case((seen, _ALL), else_=0.0)), else_=_percent(watched, aired))
    left = case(
        (film, case((seen, _ZERO), else_=runtime)),
        else_=_minutes_left(episode, play, viewer, regular, runtime),
    )
    return (
        select(
            watched.label("watched_episodes"),
            aired.label("aired_episodes"),
            total.label("total_episodes"),
            _number(episode, play.id.is_not(None), special).label("watched_specials"),
            _number(episode, special).label("total_specials"),
            percent.label("percent"),
            left.label("minutes_left"),
        )
        .select_from(episode)
        .join(season, season.id == episode.season_id)
        .outerjoin(play, and_(counts(play, entry), play.episode_id == episode.id))
        .where(episode.media_item_id == entry.media_item_id, _is_listed(episode, season))
    )


def season_progress(season: MappedRow, viewer: SqlViewer) -> SqlSelect:
    """The same of a season, for the viewer's entry of the series. No row if the viewer has none."""
    entry, episode, play = aliased(WatchlistEntry), aliased(Episode), aliased(WatchEvent)
    item = aliased(MediaItem)
    watched, aired, total = _counts(episode, play, viewer)
    return (
        select(
            watched.label("watched_episodes"),
            aired.label("aired_episodes"),
            total.label("total_episodes"),
            _percent(watched, aired).label("percent"),
            _minutes_left(episode, play, viewer, None, item.runtime_minutes).label("minutes_left"),
        )
        .select_from(entry)
        .join(item, item.id == entry.media_item_id)
        .outerjoin(episode, and_(episode.season_id == season.id, episode.removed_at.is_(None)))
        .outerjoin(play, and_(counts(play, entry), play.episode_id == episode.id))
        .where(entry.media_item_id == season.media_item_id, entry.user_id == viewer.id)
        .group_by(entry.id, item.runtime_minutes)
    )


def next_episode_id(entry: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The id of the first episode in the order of numbers that has aired and isn't watched."""
    episode, season = aliased(Episode), aliased(Season)
    return scalar(
        first_unwatched(entry, episode, season, viewer).with_only_columns(episode.id), episode, season
    )


def first_unwatched(entry: MappedRow, episode: MappedRow, season: MappedRow, viewer: SqlViewer) -> SqlSelect:
    """Selects the next episode of an entry, without the specials."""
    return (
        select(episode)
        .join(season, season.id == episode.season_id)
        .where(
            episode.media_item_id == entry.media_item_id,
            season.number > _ZERO,
            _is_listed(episode, season),
            episode.air_date <= today(viewer),
            ~is_watched(entry, episode),
        )
        .order_by(season.number, episode.number, episode.id)
        .limit(1)
    )


def derived_status(entry: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The status that follows from the plays of an entry.

    COMPLETED for a film with a play, and for a series that has ended if all aired episodes have one.
    """
    play, episode, season = aliased(WatchEvent), aliased(Episode), aliased(Season)
    begun = exists(select(play.id).where(counts(play, entry)), play)
    aired = exists(
        select(episode.id)
        .join(season, season.id == episode.season_id)
        .where(
            episode.media_item_id == entry.media_item_id,
            season.number > _ZERO,
            _is_listed(episode, season),
            episode.air_date <= today(viewer),
        ),
        episode,
        season,
    )
    film = of_title(entry, lambda item: item.tmdb_type == MediaType.MOVIE)
    ended = of_title(entry, lambda item: item.production_status.in_(_ENDED))
    finished = or_(film, and_(ended, aired, next_episode_id(entry, viewer).is_(None)))
    return case(
        (and_(begun, finished), WatchStatus.COMPLETED.value),
        (or_(begun, entry.rewatch_count > _ZERO), WatchStatus.WATCHING.value),
        else_=WatchStatus.NOT_WATCHED.value,
    )


def of_title(entry: MappedRow, value: SqlValue) -> SqlExpression:
    """A value of the entry's title."""
    item = aliased(MediaItem)
    return scalar(select(value(item)).where(item.id == entry.media_item_id), item)


def _is_listed(episode: MappedRow, season: MappedRow) -> ColumnElement[bool]:
    return and_(episode.removed_at.is_(None), season.removed_at.is_(None))


def _number(episode: MappedRow, *conditions: SqlValue) -> SqlValue:
    return func.count(episode.id.distinct()).filter(*conditions)


def _counts(
    episode: MappedRow, play: MappedRow, viewer: SqlViewer, *conditions: SqlValue
) -> tuple[SqlValue, SqlValue, SqlValue]:
    """The numbers of watched, aired and all episodes."""
    watched = play.id.is_not(None)
    aired = or_(episode.air_date <= today(viewer), watched)
    total = func.count(episode.id.distinct())
    return (
        _number(episode, watched, *conditions),
        _number(episode, aired, *conditions),
        total.filter(*conditions) if conditions else total,
    )


def _percent(watched: SqlValue, aired: SqlValue) -> SqlExpression:
    return case((aired == _ZERO, 0.0), else_=_ALL * watched / aired)


def _minutes_left(
    episode: MappedRow, play: MappedRow, viewer: SqlViewer, condition: SqlValue, usual: SqlValue
) -> SqlExpression:
    """The minutes of the aired episodes without a play. NULL if the runtime of one isn't known."""
    left = [episode.air_date <= today(viewer), play.id.is_(None), *([] if condition is None else [condition])]
    runtime = func.coalesce(episode.runtime_minutes, usual)
    unknown = func.bool_or(runtime.is_(None)).filter(*left)
    return case((unknown, None), else_=func.coalesce(func.sum(runtime).filter(*left), _ZERO))
