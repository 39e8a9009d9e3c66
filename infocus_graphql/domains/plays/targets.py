"""What a call of `logWatch` logs: a film, episodes, a season, a series, or all episodes up to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, tuple_

from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.core.text import check_count
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.sql_types import Arguments, MappedRow, SqlValue
from infocus_graphql.db.visibility import sql_viewer
from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.domains.media.writes import lock_media_item
from infocus_graphql.domains.plays.dates import today
from infocus_graphql.domains.plays.models import WatchEvent
from infocus_graphql.domains.series.models import Episode, Season

MAX_EPISODES: Final = 500


@dataclass(frozen=True, slots=True)
class Target:
    """One of the fields is set. `media` are the arguments of `matches_media_ref`."""

    media: Arguments | None = None
    episode_ids: Sequence[str] | None = None
    season_id: str | None = None
    up_to_episode_id: str | None = None

    def check(self) -> None:
        """Raises INVALID unless exactly one field is set."""
        given = [self.media, self.episode_ids, self.season_id, self.up_to_episode_id]
        if sum(each is not None for each in given) != 1:
            message = "Pass exactly one of media, episodeIds, seasonId and upToEpisodeId."
            raise refused(ErrorCode.INVALID, message, "media")
        if self.episode_ids is not None:
            check_count(len(self.episode_ids), "episodeIds", minimum=1, maximum=MAX_EPISODES)

    async def lock_title(self, work: UnitOfWork) -> str:
        """Returns the id of the title, locked against deletion."""
        if self.media is not None:
            return await lock_media_item(work, self.media)
        return await lock_media_item(work, {"id": await self._series_id(work)})

    async def _series_id(self, work: UnitOfWork) -> str:
        if self.season_id is not None:
            return await _series_of(work, Season, [self.season_id], "seasonId", "season")
        if self.up_to_episode_id is not None:
            return await _series_of(work, Episode, [self.up_to_episode_id], "upToEpisodeId", "episode")
        return await _series_of(work, Episode, self.episode_ids or [], "episodeIds", "episode")


async def watched_things(
    work: UnitOfWork, viewer: Viewer, target: Target, entry: MappedRow, *, again: bool
) -> list[str | None]:
    """Returns the ids of the episodes to log in their order, or None for the film."""
    if target.episode_ids is not None:
        return list(dict.fromkeys(target.episode_ids))
    if target.media is not None and not await _is_series(work, entry.media_item_id):
        return [None]
    found = (
        select(Episode.id)
        .join(Season, Season.id == Episode.season_id)
        .where(
            Episode.media_item_id == entry.media_item_id,
            Episode.removed_at.is_(None),
            Season.removed_at.is_(None),
            Episode.air_date <= today(sql_viewer(viewer)),
            *await _conditions(work, target),
        )
        .order_by(Season.number, Episode.number, Episode.id)
    )
    if not again:
        seen = select(WatchEvent.id).where(
            WatchEvent.entry_id == entry.id,
            WatchEvent.rewatch == entry.rewatch_count,
            WatchEvent.episode_id == Episode.id,
        )
        found = found.where(~seen.exists())
    return list(await work.session.scalars(found))


async def _conditions(work: UnitOfWork, target: Target) -> list[SqlValue]:
    """The conditions for the episodes of a season, of a series without specials, or up to an episode."""
    if target.season_id is not None:
        return [Season.id == target.season_id]
    if target.up_to_episode_id is None:
        return [Season.number > 0]
    columns: list[Any] = [Season.number.label("season"), Episode.number.label("episode")]
    place = select(*columns).join(Season, Season.id == Episode.season_id)
    last = (await work.session.execute(place.where(Episode.id == target.up_to_episode_id))).one()
    reached = tuple_(Season.number, Episode.number) <= tuple_(last.season, last.episode)
    # Up to a special means the specials before it.
    return [reached, Season.number > 0 if last.season else Season.number == 0]


async def _is_series(work: UnitOfWork, media_item_id: str) -> bool:
    kind = select(MediaItem.tmdb_type).where(MediaItem.id == media_item_id)
    return await work.session.scalar(kind) is MediaType.TV


async def _series_of(work: UnitOfWork, model: MappedRow, ids: Sequence[str], field: str, noun: str) -> str:
    """Returns the id of the series of these seasons or episodes. NOT_FOUND if one is missing."""
    found = await work.session.execute(select(model.id, model.media_item_id).where(model.id.in_(ids)))
    series: Mapping[str, str] = {row.id: row.media_item_id for row in found}
    for index, each in enumerate(ids):
        path = (field, str(index)) if field == "episodeIds" else (field,)
        if each not in series:
            raise refused(ErrorCode.NOT_FOUND, f"There is no such {noun}.", *path)
        if series[each] != series[ids[0]]:
            raise refused(ErrorCode.INVALID, "All episodes must be of one series.", *path)
    return series[ids[0]]
