"""Seasons and episodes of a series, and those that TMDB no longer lists."""

from datetime import date
from typing import Any

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.domains.series.models import Episode, EpisodeKind, Season
from tests.support.client import Api
from tests.support.factories import Factories

SEASONS = """query ($id: ID!, $specials: Boolean, $removed: Boolean) { mediaItem(ref: {id: $id}) {
    seasons(includeSpecials: $specials, includeRemoved: $removed) { totalCount nodes { number } } } }"""


async def series(make: Factories) -> tuple[MediaItem, list[Season], list[Episode]]:
    """A series with specials, two seasons and a removed third one, and a removed episode in the first."""
    item = await make.media("Glass Harbour", tmdb_type=MediaType.TV)
    seasons = [
        Season(
            id=new_id("sn"),
            media_item_id=item.id,
            tmdb_id=100 + number,
            number=number,
            title="The Beginning" if number == 1 else None,
            description="How it began." if number == 1 else None,
            air_date=date(2020, 1, number) if number else None,
            poster_path="/s.jpg" if number == 1 else None,
            episode_count=3,
            removed_at=now() if number == 3 else None,
        )
        for number in range(4)
    ]
    await make.rows(*seasons)
    episodes = [
        Episode(
            id=new_id("ep"),
            media_item_id=item.id,
            season_id=seasons[1].id,
            tmdb_id=1000 + number,
            number=number,
            title="Pilot" if number == 1 else None,
            description="It begins." if number == 1 else None,
            air_date=date(2020, 1, number),
            runtime_minutes=44 if number == 1 else None,
            kind=EpisodeKind.FINALE if number == 3 else EpisodeKind.STANDARD,
            still_path="/e.jpg" if number == 1 else None,
            rating=8.25 if number == 1 else None,
            vote_count=9 if number == 1 else 0,
            removed_at=now() if number == 2 else None,
        )
        for number in (3, 1, 2)
    ]
    await make.rows(*episodes)
    return item, seasons, episodes


async def test_seasons_are_listed_without_removed_ones(api: Api, make: Factories) -> None:
    item, _, _ = await series(make)
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [0, 1, 2]),
        ({"specials": True}, [0, 1, 2]),
        ({"specials": False}, [1, 2]),
        ({"removed": False}, [0, 1, 2]),
        ({"removed": True}, [0, 1, 2, 3]),
        ({"specials": False, "removed": True}, [1, 2, 3]),
        ({"specials": None, "removed": None}, [0, 1, 2]),
    ]
    for given, numbers in cases:
        found = (await api.data(SEASONS, id=item.id, **given))["seasons"]
        assert found == {
            "totalCount": len(numbers),
            "nodes": [{"number": number} for number in numbers],
        }, given
    film = await make.media()
    assert await api.data(SEASONS, id=film.id) == {"seasons": {"totalCount": 0, "nodes": []}}


async def test_a_season_has_its_details_and_episodes(api: Api, make: Factories) -> None:
    item, seasons, _ = await series(make)
    query = """query ($id: ID!, $removed: Boolean) { node(id: $id) { ... on Season {
        number tmdbId title description isSpecials posterUrl(width: 185) airDate episodeCount removedAt
        mediaItem { id }
        episodes(first: 2, includeRemoved: $removed) { totalCount pageInfo { hasNextPage } nodes {
            number tmdbId title description airDate runtimeMinutes episodeKind stillUrl rating voteCount
            removedAt season { id } mediaItem { id }
        } } } } }"""
    found = await api.data(query, id=seasons[1].id)
    pilot, finale = found.pop("episodes")["nodes"]
    assert found == {
        "number": 1,
        "tmdbId": 101,
        "title": "The Beginning",
        "description": "How it began.",
        "isSpecials": False,
        "posterUrl": "https://image.tmdb.org/t/p/w185/s.jpg",
        "airDate": "2020-01-01",
        "episodeCount": 3,
        "removedAt": None,
        "mediaItem": {"id": item.id},
    }
    places = {"season": {"id": seasons[1].id}, "mediaItem": {"id": item.id}, "removedAt": None}
    assert pilot == {
        "number": 1,
        "tmdbId": 1001,
        "title": "Pilot",
        "description": "It begins.",
        "airDate": "2020-01-01",
        "runtimeMinutes": 44,
        "episodeKind": "STANDARD",
        "stillUrl": "https://image.tmdb.org/t/p/w300/e.jpg",
        "rating": 8.25,
        "voteCount": 9,
        **places,
    }
    assert finale == {
        "number": 3,
        "tmdbId": 1003,
        "title": "Episode 3",
        "description": None,
        "airDate": "2020-01-03",
        "runtimeMinutes": None,
        "episodeKind": "FINALE",
        "stillUrl": None,
        "rating": None,
        "voteCount": 0,
        **places,
    }
    everything = (await api.data(query, id=seasons[1].id, removed=True))["episodes"]
    assert (everything["totalCount"], everything["pageInfo"]) == (3, {"hasNextPage": True})
    titles = [(await api.data(query, id=season.id))["title"] for season in (seasons[0], seasons[2])]
    assert titles == ["Specials", "Season 2"]


async def test_removed_rows_are_found_by_their_ids(api: Api, make: Factories) -> None:
    _, seasons, episodes = await series(make)
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) {
        ... on Season { number removedAt } ... on Episode { number removedAt } } }"""
    season, episode = await api.data(query, ids=[seasons[3].id, episodes[2].id])
    assert (season["number"], episode["number"]) == (3, 2)
    assert season["removedAt"] and episode["removedAt"]
