"""Titles that the catalogue doesn't have are fetched from TMDB when a signed-in viewer refers to them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from infocus_graphql.app import make_services
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.catalogue.models import TitleFetch
from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.graph.context import Services
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.faults import Fault
from infocus_graphql.rate_limiting.rules import LimitedAction, RateLimitRule
from infocus_graphql.settings import Settings
from infocus_graphql.tmdb.records import TitleType
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

# Dark: a series of the local TMDB with its real id.
DARK = {"tmdb": {"id": 70523, "type": "TV"}}
PATH = "/tv/70523"
SEARCHES = (("dark", 70523), ("the wire", 1438))
NOWHERE = {"tmdb": {"id": 999_999_999, "type": "TV"}}
TITLE = "query($ref: MediaRef!) { mediaItem(ref: $ref) { title tmdbId tmdbType } }"
SHOWN = {"title": "Dark", "tmdbId": 70523, "tmdbType": "TV"}


async def stored(services: Services) -> list[str]:
    async def titles(work: ReadUnit) -> list[str]:
        return list(await work.scalars(select(MediaItem.title).where(MediaItem.tmdb_id == 70523)))

    return await services.database.read(titles)


async def test_a_query_fetches_a_title_once(api: Api, make: Factories, tmdb: LocalTmdb) -> None:
    ann = api.as_(await make.user())
    assert await ann.data(TITLE, ref=DARK) == SHOWN
    calls = len(tmdb.faults.requests)
    assert calls >= 1
    assert await ann.data(TITLE, ref=DARK) == SHOWN
    assert await api.data(TITLE, ref=DARK) == SHOWN
    assert len(tmdb.faults.requests) == calls


async def test_mutations_fetch_titles(api: Api, make: Factories, tmdb: LocalTmdb) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    added = await api.as_(ann).change(
        "addToWatchlist", {"media": DARK}, fields="entry { mediaItem { title } }"
    )
    assert added["entry"] == {"mediaItem": {"title": "Dark"}}
    film = {"tmdb": {"id": 550, "type": "MOVIE"}}
    sent = await api.as_(ann).change(
        "recommend", {"media": film, "toUserIds": [bob.id]}, fields="recommendations { mediaItem { tmdbId } }"
    )
    assert sent["recommendations"] == [{"mediaItem": {"tmdbId": 550}}]


async def test_other_problems_are_reported_without_a_missing_title(
    api: Api, make: Factories, tmdb: LocalTmdb
) -> None:
    ann = api.as_(await make.user())
    refused = await ann.refused("addToWatchlist", {"media": DARK, "rating": 11})
    assert refused == ("OUT_OF_RANGE", ["input", "rating"])


async def test_anonymous_clients_fetch_nothing(api: Api, tmdb: LocalTmdb) -> None:
    assert await api.data(TITLE, ref=DARK) is None
    assert tmdb.faults.requests == []


async def test_titles_that_tmdb_does_not_have_are_missing(api: Api, make: Factories, tmdb: LocalTmdb) -> None:
    ann = api.as_(await make.user())
    assert await ann.data(TITLE, ref=NOWHERE) is None
    assert await ann.refused("addToWatchlist", {"media": NOWHERE}) == ("NOT_FOUND", ["input", "media"])
    assert len(tmdb.faults.requests) == 1, "TMDB is not asked again for some minutes"


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.TRUNCATED, Fault.WRONG_TYPES, Fault.NO_SUCCESS])
async def test_failures_store_nothing_and_can_be_retried(
    api: Api, make: Factories, services: Services, tmdb: LocalTmdb, fault: Fault
) -> None:
    ann = api.as_(await make.user())
    tmdb.faults.plan(fault, path=PATH)
    response = await ann.result(TITLE, ref=DARK)
    assert response["data"] == {"mediaItem": None}
    (error,) = response["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("UPSTREAM_UNAVAILABLE", ["mediaItem"])
    refused = await ann.refused("addToWatchlist", {"media": DARK})
    assert refused == ("UPSTREAM_UNAVAILABLE", ["input", "media"])
    assert await stored(services) == []
    tmdb.faults.clear()
    assert await ann.data(TITLE, ref=DARK) == SHOWN


async def test_an_outage_says_when_to_try_again(api: Api, make: Factories, tmdb: LocalTmdb) -> None:
    ann = api.as_(await make.user())
    tmdb.faults.plan(Fault.SERVER_ERROR)
    payload = await ann.change(
        "addToWatchlist",
        {"media": DARK},
        fields="entry { id } errors { ... on RetryableError { retryAfterSeconds } }",
    )
    (error,) = payload["errors"]
    assert error["code"] == "UPSTREAM_UNAVAILABLE"
    assert error["retryAfterSeconds"] >= 1


async def test_parallel_requests_of_two_workers_make_one_call(
    make: Factories, services: Services, settings: Settings, database_url: str, tmdb: LocalTmdb
) -> None:
    other = make_services(settings, database_url)
    try:
        title_type = TitleType.TV
        fetched = await asyncio.gather(
            *(each.titles.fetch(title_type, 70523) for each in (services, other) for _ in range(5))
        )
    finally:
        await other.titles.close()
        assert other.tmdb is not None
        await other.tmdb.close()
        await other.database.dispose()
        other.passwords.close()
    assert fetched == [True] * 10
    assert len([path for path in tmdb.faults.requests if path.startswith(PATH)]) == 1
    assert await stored(services) == ["Dark"]


async def test_a_retry_with_a_key_adds_the_fetched_title_once(
    api: Api, make: Factories, tmdb: LocalTmdb
) -> None:
    ann = api.as_(await make.user())
    keyed = replace(ann, headers={**ann.headers, "Idempotency-Key": "k1"})
    fields = "entry { id mediaItem { title } }"
    tmdb.faults.plan(Fault.HTML, path=PATH)
    assert await keyed.refused("addToWatchlist", {"media": DARK}) == (
        "UPSTREAM_UNAVAILABLE",
        ["input", "media"],
    )
    tmdb.faults.clear()
    # A refused mutation leaves the key unused.
    first = await keyed.change("addToWatchlist", {"media": DARK}, fields=fields)
    assert first["entry"]["mediaItem"] == {"title": "Dark"}
    assert await keyed.change("addToWatchlist", {"media": DARK}, fields=fields) == first
    assert await ann.data("{ viewer { watchlist { totalCount } } }") == {"watchlist": {"totalCount": 1}}


async def test_a_fetch_continues_when_its_client_disconnects(services: Services, tmdb: LocalTmdb) -> None:
    tmdb.faults.delay = 0.3
    request = asyncio.create_task(services.titles.fetch(TitleType.TV, 70523))
    await asyncio.sleep(0.1)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert await services.titles.fetch(TitleType.TV, 70523)
    assert len([path for path in tmdb.faults.requests if path.startswith(PATH)]) == 1
    assert await stored(services) == ["Dark"]


async def test_a_database_that_fails_before_a_fetch_is_reported_as_such(
    api: Api, make: Factories, server: Server, database_url: str, tmdb: LocalTmdb
) -> None:
    ann, title = api.as_(await make.user()), await make.media()
    database = await server.connect(database_url)
    query = "query($ref: MediaRef!) { mediaItem(ref: $ref) { id } }"
    async with database.transaction():
        await database.execute("LOCK TABLE title_fetches")
        response = await ann.post(query, ref={"id": title.id})
    await database.close()
    assert response.status_code == 503
    (error,) = response.json()["errors"]
    assert error["extensions"]["retryable"]


async def test_an_error_of_the_database_releases_the_claim(
    services: Services, server: Server, database_url: str, tmdb: LocalTmdb
) -> None:
    database = await server.connect(database_url)
    await database.execute("ALTER TABLE media_videos RENAME TO renamed")
    with pytest.raises(DBAPIError):
        await services.titles.fetch(TitleType.TV, 70523)
    await database.execute("ALTER TABLE renamed RENAME TO media_videos")
    await database.close()
    assert await services.titles.fetch(TitleType.TV, 70523)
    assert await stored(services) == ["Dark"]


async def test_the_claim_of_a_killed_worker_expires(services: Services, tmdb: LocalTmdb) -> None:
    async def claim(work: UnitOfWork) -> None:
        await work.session.execute(
            insert(TitleFetch).values(
                tmdb_type=MediaType.TV, tmdb_id=70523, claim="dead", claimed_until=func.now()
            )
        )

    await services.database.transaction(claim)
    assert await services.titles.fetch(TitleType.TV, 70523)
    assert await stored(services) == ["Dark"]


DETAILS = "query($ref: MediaRef!) { mediaItem(ref: $ref) { fetchedAt seasons { totalCount } } }"


async def searched(client: Api, query: str, tmdb_id: int) -> dict[str, Any]:
    """Returns the result of a search with this TMDB id."""
    search = "query($q: String!) { searchMedia(query: $q) { nodes { id tmdbId fetchedAt } } }"
    found = await client.data(search, q=query)
    (title,) = [each for each in found["nodes"] if each["tmdbId"] == tmdb_id]
    return {**title}


async def test_a_title_that_a_search_has_found_gets_its_details_when_it_is_opened(
    api: Api, make: Factories, tmdb: LocalTmdb
) -> None:
    ann = api.as_(await make.user())
    found = await searched(ann, "dark", 70523)
    assert found["fetchedAt"] is None
    opened = await ann.data(DETAILS, ref={"id": found["id"]})
    assert opened["fetchedAt"] is not None
    assert opened["seasons"]["totalCount"] >= 3


async def test_a_title_without_details_is_shown_if_tmdb_fails(
    api: Api, make: Factories, tmdb: LocalTmdb
) -> None:
    ann = api.as_(await make.user())
    ref = {"id": (await searched(ann, "dark", 70523))["id"]}
    tmdb.faults.plan(Fault.HTML, path=PATH)
    assert await ann.data(DETAILS, ref=ref) == {"fetchedAt": None, "seasons": {"totalCount": 0}}
    tmdb.faults.clear()
    assert (await ann.data(DETAILS, ref=ref))["fetchedAt"] is not None


async def test_a_title_without_details_is_shown_beyond_the_limit_of_the_viewer(
    api: Api, make: Factories, tmdb: LocalTmdb, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = api.as_(await make.user())
    ids = [(await searched(ann, query, tmdb_id))["id"] for query, tmdb_id in SEARCHES]
    monkeypatch.setattr(services.rates, "on", True)
    monkeypatch.setitem(services.rates.rules, LimitedAction.TITLE_FETCH, RateLimitRule("fetches", 1, 3600.0))
    opened = [await ann.data(DETAILS, ref={"id": each}) for each in ids]
    assert [each["fetchedAt"] is None for each in opened] == [False, True]


async def test_titles_that_staff_added_are_not_fetched(api: Api, make: Factories, tmdb: LocalTmdb) -> None:
    ann, title = api.as_(await make.user()), await make.media("Home video")
    shown = await ann.data("query($ref: MediaRef!) { mediaItem(ref: $ref) { title } }", ref={"id": title.id})
    assert shown == {"title": "Home video"}
    assert tmdb.faults.requests == []
