"""Stores seasons and episodes. None of our ids is ever lost: watchlists may refer to it.

TMDB's id identifies a season or an episode, so one that moves keeps our id. A season or an episode at the
same place with a new id of TMDB's is the same for us, and takes the new id. What TMDB no longer lists gets
`removed_at`; it is cleared when it returns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import Integer, Text, func, select, text, update

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.catalogue.rows.parts import (
    episode_row,
    season_row,
    storable_episodes,
    storable_seasons,
)
from infocus_graphql.domains.catalogue.rows.titles import Row
from infocus_graphql.domains.catalogue.writes.recordsets import Target, among, upsert
from infocus_graphql.domains.series.models import Episode, Season
from infocus_graphql.tmdb import records

_SEASON: Final = ("number", "title", "description", "air_date", "poster_path", "episode_count")
_EPISODE: Final = (
    *("number", "title", "description", "air_date", "runtime_minutes", "kind", "still_path", "rating"),
    "vote_count",
)
_SEASONS: Final = Target(Season, ("id",), ("media_item_id", "tmdb_id", "removed_at", *_SEASON))
_EPISODES: Final = Target(
    Episode, ("id",), ("media_item_id", "season_id", "tmdb_id", "removed_at", *_EPISODE)
)
_CONSTRAINTS: Final = "ex_seasons_media_item_id_number, ex_episodes_season_id_number"

Place: TypeAlias = tuple[str, int]
"""The title or season that contains a season or episode, and its number there."""


@dataclass(slots=True)
class _Stored:
    """The stored seasons or episodes of some titles, and which of them TMDB still lists."""

    ids: dict[int, str] = field(default_factory=dict)  # by TMDB's id
    places: dict[str, Place] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)

    def add(self, key: str, tmdb_id: int, place: Place, *, present: bool) -> None:
        """Adds a stored row."""
        self.ids[tmdb_id] = key
        self.places[key] = place
        if present:
            self.present.add(key)

    def identify(self, rows: Iterable[tuple[Place, Row]]) -> None:
        """Gives rows of TMDB the ids of the stored ones: by TMDB's id first, then by place."""
        others: list[tuple[Place, Row]] = []
        for place, row in rows:
            key = self.ids.get(row["tmdb_id"])
            if key is None:
                others.append((place, row))
            else:
                self._take(key, row)
        # Of several rows at one place, the present one counts, else the latest.
        unclaimed = sorted(self.places.keys() - self.found, key=lambda key: (key in self.present, key))
        by_place = {self.places[key]: key for key in unclaimed}
        for place, row in others:
            key = by_place.get(place)
            if key is not None:
                self._take(key, row)

    def missing(self) -> set[str]:
        """The ids of the present rows that TMDB didn't list."""
        return self.present - self.found

    def _take(self, key: str, row: Row) -> None:
        row["id"] = key
        self.found.add(key)


async def store_seasons(work: UnitOfWork, titles: Mapping[str, records.Title]) -> None:
    """Stores the seasons and episodes of series, by our ids of them.

    A series without any season, and a season without a list of episodes, keep what is stored: TMDB didn't
    send them.
    """
    listed = {key: storable_seasons(title.seasons) for key, title in titles.items() if title.seasons}
    if not listed:
        return
    # The numbers of two seasons may be exchanged, which is checked when all rows are written.
    await _check_constraints(work, "DEFERRED")
    rows = [season_row(key, each) for key, seasons in listed.items() for each in seasons]
    stored = await _stored_seasons(work, listed, [row["tmdb_id"] for row in rows])
    stored.identify(((row["media_item_id"], row["number"]), row) for row in rows)
    await upsert(work, _SEASONS, rows)
    gone = stored.missing()
    await _remove(work, Season, gone)
    seasons = {row["tmdb_id"]: row["id"] for row in rows}
    await _store_episodes(work, listed, seasons, gone)
    await _check_constraints(work, "IMMEDIATE")


async def _store_episodes(
    work: UnitOfWork,
    listed: Mapping[str, list[records.Season]],
    season_ids: Mapping[int, str],
    gone: set[str],
) -> None:
    """Stores the episodes of the listed seasons. `gone` are our ids of the seasons that TMDB removed."""
    unique: dict[int, Row] = {}
    complete = set(gone)
    for key, seasons in listed.items():
        for season in seasons:
            season_id = season_ids[season.id]
            if season.episodes is not None:
                complete.add(season_id)
            for episode in storable_episodes(season):
                unique.setdefault(episode.id, episode_row(key, season_id, episode))
    rows = list(unique.values())
    stored = await _stored_episodes(work, listed, list(unique))
    stored.identify(((row["season_id"], row["number"]), row) for row in rows)
    await upsert(work, _EPISODES, rows)
    await _remove(work, Episode, {key for key in stored.missing() if stored.places[key][0] in complete})


async def _stored_seasons(work: UnitOfWork, owners: Iterable[str], tmdb_ids: list[int]) -> _Stored:
    mine = (Season.media_item_id == among(owners, Text)) | (Season.tmdb_id == among(tmdb_ids, Integer))
    columns: list[Any] = [Season.id, Season.tmdb_id, Season.media_item_id, Season.number, Season.removed_at]
    return await _stored(work, select(*columns).where(mine))


async def _stored_episodes(work: UnitOfWork, owners: Iterable[str], tmdb_ids: list[int]) -> _Stored:
    mine = (Episode.media_item_id == among(owners, Text)) | (Episode.tmdb_id == among(tmdb_ids, Integer))
    columns: list[Any] = [Episode.id, Episode.tmdb_id, Episode.season_id, Episode.number, Episode.removed_at]
    return await _stored(work, select(*columns).where(mine))


async def _stored(work: UnitOfWork, statement: Any) -> _Stored:
    found = _Stored()
    for key, tmdb_id, container, number, removed_at in await work.session.execute(statement):
        found.add(key, tmdb_id, (container, number), present=removed_at is None)
    return found


async def _remove(work: UnitOfWork, model: type[Season] | type[Episode], keys: set[str]) -> None:
    if keys:
        removed = update(model).where(model.id == among(sorted(keys), Text)).values(removed_at=func.now())
        await work.session.execute(removed.execution_options(synchronize_session=False))


async def _check_constraints(work: UnitOfWork, when: str) -> None:
    await work.session.execute(text(f"SET CONSTRAINTS {_CONSTRAINTS} {when}"))
