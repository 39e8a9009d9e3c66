"""The local TMDB changes as the real one does: with a feed of changes, vanished ids and moved episodes."""

from datetime import date, timedelta

import pytest

from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.made_up import UNKNOWN_MOVIE, YEARLY_SERIES
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.errors import RequestRejected, TitleNotFound
from infocus_graphql.tmdb.records import Change, Episode, TitleType

MOVIE, TV = TitleType.MOVIE, TitleType.TV
START = date(2026, 11, 1)


async def test_edits_of_a_fortnight_are_in_the_feed_of_their_days(
    client: TmdbClient, tmdb: LocalTmdb
) -> None:
    for day in range(14):
        tmdb.changes.today_is = START + timedelta(days=day)
        tmdb.edit("movie", 550 if day % 2 else 278, overview=f"Day {day}")
        tmdb.edit("movie", 13, popularity=float(day), rating=5.0, votes=1, offers={})  # unnoticed
    page = await client.changes(MOVIE, START, START + timedelta(days=13))
    assert set(page.changes) == {Change(550, adult=False), Change(278, adult=False)}
    page = await client.changes(MOVIE, START + timedelta(days=13), START + timedelta(days=13))
    assert page.changes == (Change(550, adult=False),)
    assert (await client.title(MOVIE, 550)).overview == "Day 13"
    changed = await client.title(MOVIE, 13)
    assert (changed.popularity, changed.rating, changed.votes, changed.offers) == (13.0, 5.0, 1, ())
    with pytest.raises(RequestRejected, match="14 days"):
        await client.changes(MOVIE, START, START + timedelta(days=15))


async def test_a_long_feed_has_pages(client: TmdbClient, tmdb: LocalTmdb) -> None:
    tmdb.changes.today_is = START
    for number in range(1, 151):
        tmdb.changes.record("tv", number)
    first = await client.changes(TV, START, START)
    second = await client.changes(TV, START, START, page=2)
    assert (first.pages, len(first.changes), len(second.changes)) == (2, 100, 50)


async def test_vanished_and_merged_titles_are_not_found(client: TmdbClient, tmdb: LocalTmdb) -> None:
    tmdb.changes.today_is = START
    assert (await client.title(MOVIE, 550)).title == "Fight Club"
    tmdb.vanish("movie", 550)
    tmdb.merge("movie", 278, into=13)
    for gone in (550, 278):
        with pytest.raises(TitleNotFound):
            await client.title(MOVIE, gone)
    feed = await client.changes(MOVIE, START, START)
    assert set(feed.changes) == {Change(550, None), Change(278, None), Change(13, adult=False)}


async def episodes(client: TmdbClient, series: int) -> dict[tuple[int, int], Episode]:
    """The episodes of a series by place."""
    found = await client.title(TV, series)
    return {
        (each.season_number, each.number): each for season in found.seasons for each in season.episodes or ()
    }


async def test_episodes_move_with_their_ids_and_places_get_new_ids(
    client: TmdbClient, tmdb: LocalTmdb
) -> None:
    tmdb.changes.today_is = START
    before = await episodes(client, 87108)
    tmdb.move_episode(87108, before[1, 5].id, season=0, number=7)
    tmdb.replace_episode(87108, before[1, 1].id, 424_242)
    tmdb.remove_episode(87108, before[1, 2].id)
    after = await episodes(client, 87108)
    assert after[0, 7].id == before[1, 5].id
    assert after[1, 1].id == 424_242
    assert set(before) - set(after) == {(1, 2), (1, 5)}
    assert (await client.changes(TV, START, START)).changes == (Change(87108, adult=False),)


async def test_titles_of_the_oddities_are_read(client: TmdbClient) -> None:
    daily = await client.title(TV, YEARLY_SERIES)
    assert [(each.number, each.episode_count) for each in daily.seasons] == [(0, 286), (2019, 36), (2020, 37)]
    assert all(each.episodes for each in daily.seasons)
    unknown = await client.title(MOVIE, UNKNOWN_MOVIE)
    assert (unknown.released_on, unknown.runtime_minutes, unknown.rating) == (None, None, None)
    assert (unknown.genres, unknown.countries) == ((), ())


async def test_made_up_ids_fit_into_32_bits(tmdb: LocalTmdb) -> None:
    ids = [each.id for fact in tmdb.catalogue.all() if fact.type == "tv" for each in fact.all_episodes()]
    assert len(ids) == len({*ids})
    assert max(ids) < 2**31
