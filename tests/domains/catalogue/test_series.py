"""Seasons and episodes keep their ids, whatever TMDB does to its own."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.records import TitleType
from tests.domains.catalogue.conftest import Catalogue

BREAKING_BAD = 1396


class Series:
    """A series at TMDB that tests change, and its stored seasons and episodes."""

    def __init__(self, catalogue: Catalogue, title: records.Title) -> None:
        self._catalogue = catalogue
        self.title = title

    def season(self, number: int) -> records.Season:
        """A season at TMDB."""
        return next(each for each in self.title.seasons if each.number == number)

    def episodes(self, number: int) -> list[records.Episode]:
        """The episodes of a season at TMDB."""
        return list(self.season(number).episodes or ())

    async def store(self, *seasons: records.Season) -> None:
        """Replaces seasons by their numbers, and stores the series."""
        new = {each.number: each for each in seasons}
        kept = tuple(new.pop(each.number, each) for each in self.title.seasons)
        self.title = replace(self.title, seasons=(*kept, *new.values()))
        await self._catalogue.store(self.title)

    async def stored(self) -> dict[str, tuple[int, int, bool]]:
        """Season, number and removal of each episode, by our ids."""
        found = await self._catalogue.rows(
            "SELECT e.id, s.number AS season, e.number, e.removed_at IS NOT NULL AS removed "
            "FROM episodes AS e JOIN seasons AS s ON s.id = season_id"
        )
        return {each["id"]: (each["season"], each["number"], each["removed"]) for each in found}

    async def at(self, season: int, number: int) -> str:
        """Our id of the present episode at a place."""
        (found,) = [key for key, place in (await self.stored()).items() if place == (season, number, False)]
        return found


@pytest.fixture
async def series(catalogue: Catalogue) -> Series:
    """A stored series with specials and five seasons."""
    (title,) = await catalogue.fetch(TitleType.TV, BREAKING_BAD)
    await catalogue.store(title)
    return Series(catalogue, title)


async def test_seasons_and_episodes_are_stored(catalogue: Catalogue, series: Series) -> None:
    seasons = await catalogue.rows("SELECT number, title, episode_count FROM seasons ORDER BY number")
    assert [tuple(each.values()) for each in seasons[:2]] == [(0, "Specials", 2), (1, "Season 1", 7)]
    (first,) = await catalogue.rows("SELECT * FROM episodes WHERE id = :id", id=await series.at(1, 1))
    (episode, *_) = series.episodes(1)
    assert (first["tmdb_id"], first["air_date"]) == (episode.id, episode.aired_on)
    assert (first["kind"], first["rating"], first["vote_count"]) == ("standard", None, 0)


async def test_only_a_series_that_is_over_has_an_end_date(catalogue: Catalogue, series: Series) -> None:
    last = date(2013, 9, 29)
    for status, end in (("Ended", last), ("Canceled", last), ("Returning Series", None), (None, None)):
        await catalogue.store(replace(series.title, status=status, ended_on=last))
        assert await catalogue.column("SELECT end_date FROM media_items") == [end], status


async def test_an_episode_that_moves_keeps_its_id(series: Series) -> None:
    moved, second = await series.at(1, 7), await series.at(1, 2)
    special = replace(series.episodes(1)[-1], season_number=0, number=3)
    await series.store(
        replace(series.season(0), episodes=(*series.episodes(0), special)),
        replace(series.season(1), episodes=tuple(series.episodes(1)[:-1])),
    )
    stored = await series.stored()
    assert (stored[moved], stored[second]) == ((0, 3, False), (1, 2, False))
    assert not any(removed for _, _, removed in stored.values())


async def test_episodes_and_seasons_can_exchange_their_numbers(series: Series) -> None:
    first, second, third = [await series.at(1, number) for number in (1, 2, 3)]
    other = await series.at(2, 1)
    one, two, *rest = series.episodes(1)
    turned = replace(series.season(1), episodes=(replace(one, number=2), replace(two, number=1), *rest))
    await series.store(turned)
    stored = await series.stored()
    assert [stored[key][:2] for key in (first, second, third)] == [(1, 2), (1, 1), (1, 3)]

    await series.store(replace(series.season(2), number=1), replace(series.season(1), number=2))
    stored = await series.stored()
    assert [stored[key][:2] for key in (first, second, third, other)] == [(2, 2), (2, 1), (2, 3), (1, 1)]


async def test_the_same_place_with_a_new_id_keeps_our_id(catalogue: Catalogue, series: Series) -> None:
    before = await series.stored()
    renewed = tuple(replace(each, id=each.id + 500_000_000) for each in series.episodes(1))
    await series.store(replace(series.season(1), id=77_000_000, episodes=renewed))
    assert await series.stored() == before
    assert await catalogue.column("SELECT tmdb_id FROM seasons WHERE number = 1") == [77_000_000]
    found = await catalogue.column("SELECT tmdb_id FROM episodes WHERE id = :id", id=await series.at(1, 1))
    assert found == [renewed[0].id]


async def test_an_inserted_episode_is_new_and_moves_the_others(series: Series) -> None:
    before = [await series.at(1, number) for number in (1, 2)]
    first = series.episodes(1)[0]
    later = [replace(each, number=each.number + 1) for each in series.episodes(1)]
    await series.store(replace(series.season(1), episodes=(replace(first, id=600_000_000), *later)))
    stored = await series.stored()
    assert [stored[key][:2] for key in before] == [(1, 2), (1, 3)]
    assert await series.at(1, 1) not in before


async def test_what_vanishes_is_marked_and_what_returns_is_not(catalogue: Catalogue, series: Series) -> None:
    before = await series.stored()
    last, whole = await series.at(1, 7), series.title
    shorter = replace(series.season(1), episodes=tuple(series.episodes(1)[:-1]))
    await series.store(shorter)
    assert (await series.stored()) == before | {last: (1, 7, True)}
    rows = await catalogue.versions(("episodes", "seasons"))
    await series.store(shorter)
    assert await catalogue.versions(("episodes", "seasons")) == rows

    series.title = replace(whole, seasons=tuple(each for each in whole.seasons if each.number != 2))
    await series.store()
    stored = await series.stored()
    assert {season for season, _, removed in stored.values() if removed} == {2}
    assert await catalogue.column("SELECT number FROM seasons WHERE removed_at IS NOT NULL") == [2]
    series.title = whole
    await series.store()
    assert await series.stored() == before
    assert await catalogue.column("SELECT count(*) FROM seasons WHERE removed_at IS NOT NULL") == [0]


async def test_a_tombstone_at_the_same_place_takes_a_new_id(series: Series) -> None:
    last, removed = await series.at(1, 7), replace(series.season(1), episodes=tuple(series.episodes(1)[:-1]))
    again = replace(series.episodes(1)[-1], id=610_000_000)
    await series.store(removed)
    await series.store(replace(removed, episodes=(*(removed.episodes or ()), again)))
    assert (await series.stored())[last] == (1, 7, False)


async def test_numbers_and_ids_that_repeat_are_stored_once(series: Series) -> None:
    first, second, *rest = series.episodes(1)
    doubled: Any = (first, replace(second, number=1), replace(first, number=50), second, *rest)
    await series.store(replace(series.season(1), episodes=doubled))
    assert len([place for place in (await series.stored()).values() if place[0] == 1 and not place[2]]) == 7
