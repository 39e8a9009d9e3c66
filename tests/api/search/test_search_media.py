"""`searchMedia` returns titles of the catalogue and of TMDB, in pages, and rejects invalid arguments."""
# ruff: noqa: RUF001 - the tests are about letters of many scripts

import asyncio
from typing import Any

import pytest

from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.details import MediaTranslation
from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.domains.search.finding import Search
from infocus_graphql.graph.context import Services
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.faults import Fault
from infocus_graphql.rate_limiting.rules import LimitedAction, RateLimitRule
from tests.support.client import Api
from tests.support.factories import Factories

SEARCH = """query ($text: String!, $types: [MediaType!], $first: Int, $after: String) {
    searchMedia(query: $text, types: $types, first: $first, after: $after) {
        nodes { title tmdbId tmdbType } edges { cursor node { title } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount stale
    }
}"""


async def titles(api: Api, query: str, **more: Any) -> list[str]:
    """The titles of the results."""
    found = await api.data(SEARCH, text=query, **more)
    assert [each["node"]["title"] for each in found["edges"]] == [each["title"] for each in found["nodes"]]
    return [each["title"] for each in found["nodes"]]


@pytest.fixture
async def ann(make: Factories) -> User:
    """A signed-in user."""
    return await make.user("Ann")


async def test_matches_are_ranked_by_how_they_match_and_then_by_popularity(api: Api, make: Factories) -> None:
    for title, popularity in [
        ("After Dark", 90.0),
        ("Dark", 5.0),
        ("Dark", None),
        ("Dark Waters", 20.0),
        ("Darkness", 60.0),
        ("Light", 99.0),
    ]:
        await make.media(title, popularity=popularity)
    assert await titles(api, "dark") == ["Dark", "Dark", "Darkness", "Dark Waters", "After Dark"]
    assert await titles(api, "  DÁRK  wat") == ["Dark Waters"]
    assert (await titles(api, "dakr"))[0] == "After Dark"  # similar words, by popularity


async def test_titles_are_found_by_changed_and_translated_titles(
    api: Api, make: Factories, administer: Any
) -> None:
    item = await make.media("The First Title", original_title="Der erste Titel")
    await make.rows(
        MediaTranslation(media_item_id=item.id, language="tr", country="", title="Işıklı Gece"),
        MediaTranslation(media_item_id=item.id, language="ja", country="", title="夜の光"),
    )
    for query in ("first title", "erste", "isikli", "IŞIKLI gece", "夜の", "光"):
        assert await titles(api, query) == ["The First Title"], query
    await administer("UPDATE media_translations SET title = 'Gündüz' WHERE language = 'tr'")
    await administer("DELETE FROM media_translations WHERE language = 'ja'")
    await administer("UPDATE media_items SET title = 'A Second Name', original_title = NULL")
    for query in ("isikli", "夜の", "first", "erste"):
        assert await titles(api, query) == [], query
    for query in ("gunduz", "guenduez", "name second"):
        assert await titles(api, query) == ["A Second Name"], query
    await administer("UPDATE media_items SET removed_at = now()")
    assert await titles(api, "second") == []


async def test_types_restrict_the_results(api: Api, make: Factories) -> None:
    await make.media("Fargo")
    await make.media("Fargo", tmdb_type=MediaType.TV)
    assert len(await titles(api, "fargo")) == 2
    data = await api.data(SEARCH, text="fargo", types=["TV"])
    assert [each["tmdbType"] for each in data["nodes"]] == ["TV"]


async def test_pages_have_every_title_once(api: Api, make: Factories, ann: User) -> None:
    for number in range(7):
        await make.media(f"Toy {number}", popularity=number)
    await make.media("Toy Story", tmdb_id=862, popularity=50.0)
    whole = await titles(api.as_(ann), "toy")
    assert len(whole) > 8
    pages, after = [], None
    while True:
        found = await api.as_(ann).data(SEARCH, text="toy", first=3, after=after)
        pages += [each["title"] for each in found["nodes"]]
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert pages == whole
    # A title that was added in the meantime does not shift the next page.
    first = await api.as_(ann).data(SEARCH, text="toy", first=3)
    await make.media("Toy", popularity=99.0)
    second = await titles(api.as_(ann), "toy", first=3, after=first["pageInfo"]["endCursor"])
    assert second == whole[3:6]


async def test_signed_in_viewers_find_titles_of_tmdb_which_are_then_in_the_catalogue(
    api: Api, ann: User, services: Any
) -> None:
    anonymous = await api.data(SEARCH, text="shawshank")
    assert (anonymous["nodes"], anonymous["stale"], anonymous["totalCount"]) == ([], True, 0)
    found = await api.as_(ann).data(SEARCH, text="shawshank")
    assert found["nodes"] == [{"title": "The Shawshank Redemption", "tmdbId": 278, "tmdbType": "MOVIE"}]
    assert found["stale"] is False
    again = await api.as_(ann).data(SEARCH, text="shawshank")
    assert again["nodes"] == found["nodes"]
    assert await titles(api, "redemption sha") == ["The Shawshank Redemption"]


async def test_an_outage_of_tmdb_leaves_the_titles_of_the_catalogue(
    api: Api, make: Factories, ann: User, tmdb: LocalTmdb
) -> None:
    await make.media("Dark Matters")
    for fault in (Fault.SERVER_ERROR, Fault.HTML, Fault.TRUNCATED):
        tmdb.faults.plan(fault)
        found = await api.as_(ann).data(SEARCH, text="dark")
        assert ([each["title"] for each in found["nodes"]], found["stale"]) == (["Dark Matters"], True), fault
        tmdb.faults.clear()


async def test_a_slow_tmdb_is_waited_for_only_shortly(
    api: Api, make: Factories, ann: User, tmdb: LocalTmdb
) -> None:
    await make.media("Dark Matters", popularity=1.0)
    client = api.as_(ann)
    tmdb.faults.plan(Fault.SLOW)
    found, trending = await asyncio.gather(
        client.data(SEARCH, text="dark"), client.data("{ trendingMedia { nodes { title } stale } }")
    )
    assert ([each["title"] for each in found["nodes"]], found["stale"]) == (["Dark Matters"], True)
    assert trending == {"nodes": [{"title": "Dark Matters"}], "stale": True}


async def test_all_pages_of_tmdb_share_its_time(services: Services, tmdb: LocalTmdb) -> None:
    tmdb.faults.delay = 0.8  # the second page comes after 1.6 seconds

    async def charge() -> None:
        """Calls are free."""

    search = Search(services.database, services.tmdb_pages, "the", None, charge)
    _, found = await search.page(100, None)
    assert 0 < len(found) <= 20
    assert len(tmdb.faults.requests) == 2
    assert (search.stale, search.has_more_pages) == (True, False)


async def test_a_viewer_can_not_use_up_the_calls_to_tmdb(
    api: Api, make: Factories, ann: User, services: Services, tmdb: LocalTmdb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.rates, "on", True)
    monkeypatch.setitem(services.rates.rules, LimitedAction.TMDB_SEARCH, RateLimitRule("searches", 2, 3600.0))
    await make.media("Dark Matters")
    query = (
        "{ a: searchMedia(query: %s) { totalCount stale } b: searchMedia(query: %s) { totalCount stale } }"
    )
    calls = len(tmdb.faults.requests)
    found = await api.as_(ann).data(query % ('"qq one"', '"qq two"'))
    assert [each["stale"] for each in found.values()] == [False, False]
    found = await api.as_(ann).data(query % ('"qq one"', '"dark"'))  # the first one is cached
    assert found == {"a": {"totalCount": 0, "stale": False}, "b": {"totalCount": 1, "stale": True}}
    assert len(tmdb.faults.requests) == calls + 2
    other = await api.as_(await make.user()).data(query % ('"qq three"', '"qq four"'))
    assert [each["stale"] for each in other.values()] == [False, False]


@pytest.mark.parametrize(
    ("arguments", "message", "argument"),
    [
        ({"text": " \u200b "}, "The search text must have at least 1 character.", "query"),
        ({"text": "x" * 10_000}, "The search text must have at most 200 characters.", "query"),
        ({"text": "x", "first": 0}, "`first` must be from 1 to 100.", "first"),
        ({"text": "x", "types": []}, "The list must have at least 1 type.", "types"),
        ({"text": "x", "after": "nonsense"}, "`after` is not a cursor of this search.", "after"),
    ],
)
async def test_invalid_arguments_are_errors(
    api: Api, arguments: dict[str, Any], message: str, argument: str
) -> None:
    result = await api.result(SEARCH, **arguments)
    (error,) = result["errors"]
    assert error["message"] == message
    assert error["extensions"]["argument"] == [argument]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert result["data"] == {"searchMedia": None}


async def test_a_cursor_belongs_to_its_search(api: Api, make: Factories) -> None:
    await make.rows(*[MediaItem(tmdb_type=MediaType.TV, tmdb_id=each, title="Lost") for each in range(1, 4)])
    found = await api.data(SEARCH, text="lost", first=1)
    cursor = found["pageInfo"]["endCursor"]
    assert len(await titles(api, "lost", after=cursor)) == 2
    for other in ({"text": "los"}, {"text": "lost", "types": ["TV"]}):
        assert "errors" in await api.result(SEARCH, after=cursor, **other)


async def test_strange_queries_find_nothing_and_fail_nowhere(api: Api, make: Factories) -> None:
    await make.media("It's \\ 100% & 'quoted'")
    queries = ["'", "\\", "''", "\\'", "&", "| !", ":*", "(", "<->", "%", "_", "!!!", "日", "= =", "a" * 200]
    for query in [*queries, "'" * 200, "\\" * 150, "x " * 99, "🎬", "ก"]:
        assert isinstance(await titles(api, query), list), query
    assert await titles(api, "quoted its") == ["It's \\ 100% & 'quoted'"]


async def test_trending_titles_are_those_of_tmdb(api: Api, make: Factories, tmdb: LocalTmdb) -> None:
    query = "{ trendingMedia { nodes { title } stale } }"
    await make.media("Local", popularity=1.0)
    found = await api.data(query)
    assert found["stale"] is False
    assert len(found["nodes"]) == 20
    assert "Local" not in [each["title"] for each in found["nodes"]]
    tmdb.faults.plan(Fault.SERVER_ERROR)
    assert await api.data(query) == found, "TMDB is asked every three hours"


async def test_without_tmdb_the_most_popular_titles_of_the_catalogue_are_trending(
    api: Api, make: Factories, tmdb: LocalTmdb
) -> None:
    for title, popularity in (("A", 1.0), ("B", 2.0), ("C", None)):
        await make.media(title, popularity=popularity)
    tmdb.faults.plan(Fault.SERVER_ERROR)
    found = await api.data("{ trendingMedia { nodes { title } stale } }")
    assert found == {"nodes": [{"title": "B"}, {"title": "A"}, {"title": "C"}], "stale": True}


async def test_concurrent_changes_of_one_title_are_all_found(
    api: Api, make: Factories, server: Any, database_url: str
) -> None:
    item = await make.media("Title")
    await make.rows(
        MediaTranslation(media_item_id=item.id, language="de", country="", title="Eins"),
        MediaTranslation(media_item_id=item.id, language="fr", country="", title="Un"),
    )
    change = "UPDATE media_translations SET title = $1 WHERE language = $2"
    first, second = await server.connect(database_url), await server.connect(database_url)
    async with first.transaction():
        await first.execute(change, "Abend", "de")
        waiting = asyncio.create_task(second.execute(change, "Soir", "fr"))
        await asyncio.sleep(0.1)
        assert not waiting.done(), "it waits for the terms of the title"
    await waiting
    await first.close()
    await second.close()
    assert await titles(api, "abend") == await titles(api, "soir") == ["Title"]


async def test_anonymous_clients_share_the_calls_for_trending_titles(api: Api, tmdb: LocalTmdb) -> None:
    query = "{ a: trendingMedia { stale } b: trendingMedia { stale } c: trendingMedia { stale } }"
    calls = len(tmdb.faults.requests)
    tmdb.faults.plan(Fault.TRUNCATED)
    for _ in range(2):
        found = await api.data(query)
        assert [each["stale"] for each in found.values()] == [True] * 3
    assert len(tmdb.faults.requests) == calls + 1
