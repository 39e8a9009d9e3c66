"""Reading watchlists: filters, orders, counts."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.domains.watchlists.models import WatchStatus
from tests.support.client import Api
from tests.support.factories import Factories

DAY = datetime(2024, 5, 1, 8, tzinfo=UTC)
TITLES = """query ($filter: WatchlistFilter, $order: WatchlistOrder, $first: Int, $after: String) {
  viewer { watchlist(filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { mediaItem { title } } } } }"""


async def titles(api: Api, **variables: Any) -> str:
    """Returns the titles of the viewer's list, joined."""
    watchlist = (await api.data(TITLES, **variables))["watchlist"]
    assert watchlist["totalCount"] == len(watchlist["nodes"])
    return " ".join(node["mediaItem"]["title"] for node in watchlist["nodes"])


@pytest.fixture
async def listed(api: Api, make: Factories) -> Api:
    """A client of a user with five titles on their list, A the oldest."""
    ann, bob = await make.user("Ann"), await make.user("Bob")
    await make.family(ann, bob)
    kinds: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (
            {"genres": ["Drama", "Crime"], "release_date": date(1999, 1, 1)},
            {"rating": 9, "status": WatchStatus.COMPLETED},
        ),
        ({"genres": ["Crime"], "tmdb_type": MediaType.TV}, {"rating": 4, "status": WatchStatus.WATCHING}),
        ({"genres": [], "release_date": date(2010, 1, 1)}, {}),
        ({"genres": ["drama"], "release_date": date(1970, 1, 1)}, {"rating": 9}),
        ({"genres": ["Comedy"], "tmdb_type": MediaType.TV}, {"status": WatchStatus.WATCHING}),
    ]
    for index, (letter, (title, entry)) in enumerate(zip("ABCDE", kinds, strict=True)):
        media = await make.media(letter, **title)
        added = DAY + timedelta(days=index)
        await make.entry(ann, media, date_added=added, date_updated=DAY - timedelta(days=index), **entry)
        if letter in "AC":
            await make.provider(media, regions=["DE"] if letter == "A" else ["US", "DE"])
    await make.entry(bob, await make.media("Bob's"), rating=10)
    return api.as_(ann)


FILTERS: list[tuple[Any, ...]] = [
    ({}, "A B C D E"),
    (None, "A B C D E"),
    ({"statuses": ["COMPLETED"]}, "A"),
    ({"statuses": ["COMPLETED", "NOT_WATCHED"]}, "A C D"),
    ({"types": ["TV"]}, "B E"),
    ({"types": ["TV", "MOVIE"]}, "A B C D E"),
    ({"genres": ["Drama"]}, "A D"),
    ({"genres": ["dráma "]}, "A D"),
    ({"genres": ["Drama", "Comedy"]}, "A D E"),
    ({"genres": ["Western"]}, ""),
    ({"query": "a"}, "A"),
    ({"query": ""}, "A B C D E"),
    ({"availableIn": "DE"}, "A C"),
    ({"availableIn": "US"}, "C"),
    ({"availableIn": "FR"}, ""),
    ({"availableIn": ["FR", "US"]}, "C"),
    ({"ratedAtLeast": 5}, "A D"),
    ({"ratedAtLeast": 4}, "A B D"),
    ({"ratedAtLeast": 10}, ""),
    ({"isRated": True}, "A B D"),
    ({"isRated": False}, "C E"),
    ({"addedSince": "2024-05-03T08:00:00Z"}, "C D E"),
    ({"addedSince": "2024-05-03T10:00:00.000001+02:00"}, "D E"),
    ({"addedSince": "2024-05-03T07:59:59.999999Z"}, "C D E"),
    ({"addedSince": "0002-01-01T00:00:00Z"}, "A B C D E"),
    ({"addedSince": "9998-12-31T23:59:59.999999Z"}, ""),
    ({"statuses": ["NOT_WATCHED"], "isRated": True}, "D"),
    ({"statuses": ["WATCHING"], "types": ["TV"], "ratedAtLeast": 1, "genres": ["Crime"], "query": "B"}, "B"),
    ({"availableIn": "DE", "isRated": False, "addedSince": "2024-05-01T09:00:00Z"}, "C"),
    ({"statuses": None, "types": None, "genres": None, "query": None, "availableIn": None}, "A B C D E"),
    ({"ratedAtLeast": None, "isRated": None, "addedSince": None, "userIds": None}, "A B C D E"),
]


async def test_filters_are_combined_with_and(listed: Api) -> None:
    for given, expected in FILTERS:
        order = {"field": "TITLE", "direction": "ASC"}
        assert await titles(listed, filter=given, order=order) == expected, given


async def test_every_order_works_in_both_directions_with_nulls_last(listed: Api) -> None:
    expected = {
        ("DATE_ADDED", "ASC"): "A B C D E",
        ("DATE_ADDED", "DESC"): "E D C B A",
        ("DATE_UPDATED", "ASC"): "E D C B A",
        ("DATE_UPDATED", "DESC"): "A B C D E",
        ("STATUS", "ASC"): "C D B E A",
        ("STATUS", "DESC"): "A E B D C",
        ("RATING", "ASC"): "B A D C E",
        ("RATING", "DESC"): "D A B E C",
        ("TITLE", "ASC"): "A B C D E",
        ("TITLE", "DESC"): "E D C B A",
        ("RELEASE_DATE", "ASC"): "D A C B E",
        ("RELEASE_DATE", "DESC"): "C A D E B",
    }
    for (field, direction), wanted in expected.items():
        order = {"field": field, "direction": direction}
        assert await titles(listed, order=order) == wanted, order
        if field not in {"STATUS", "RATING", "RELEASE_DATE"}:
            continue
        # In pages that split ties and null values.
        found, after = [], None
        while True:
            page = (await listed.data(TITLES, order=order, first=2, after=after))["watchlist"]
            found += [node["mediaItem"]["title"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert " ".join(found) == wanted, order


async def test_the_default_order_is_newest_first(listed: Api) -> None:
    assert await titles(listed) == "E D C B A"
    assert await titles(listed, order={}) == "E D C B A"
    assert await titles(listed, order={"direction": "ASC"}) == "A B C D E"
    assert await titles(listed, order={"field": "TITLE"}) == "E D C B A"


QUERIES: list[tuple[Any, ...]] = [
    ("%", ["100% Wolf"]),
    ("_", ["snake_case"]),
    ("\\", ["back\\slash"]),
    ("\\%", []),
    ("100%", ["100% Wolf"]),
    ("0_", []),
    ("WOLF", ["100% Wolf", "Wolf"]),
    ("ämt", ["ÄMTER"]),
    ("'", ["d'Artagnan"]),
    ("x" * 10_000, []),
]


async def test_wildcards_in_a_query_are_literal(api: Api, make: Factories) -> None:
    ann = await make.user()
    for title in ("100% Wolf", "Wolf", "snake_case", "back\\slash", "d'Artagnan", "ÄMTER"):
        await make.entry(ann, await make.media(title))
    for query, expected in QUERIES:
        own = await api.as_(ann).data(TITLES, filter={"query": query})
        assert sorted(node["mediaItem"]["title"] for node in own["watchlist"]["nodes"]) == expected


async def test_stats_count_the_viewers_own_entries(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    query = "{ viewer { watchlistStats { total notWatched watching completed } } }"
    for status, count in zip(WatchStatus, (1, 2, 3), strict=True):
        for _ in range(count):
            await make.entry(ann, status=status)
    assert await api.as_(ann).data(query) == {
        "watchlistStats": {"total": 6, "notWatched": 1, "watching": 2, "completed": 3}
    }
    assert await api.as_(bob).data(query) == {
        "watchlistStats": {"total": 0, "notWatched": 0, "watching": 0, "completed": 0}
    }


async def test_a_list_contains_all_types_of_titles_of_its_user_only(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    film: MediaItem = await make.media("Film")
    await make.entry(ann, film)
    await make.entry(bob, film)
    assert await titles(api.as_(ann)) == "Film"
    query = "query ($ids: [ID!]) { viewer { watchlist(filter: {userIds: $ids}) { totalCount } } }"
    for ids, count in (([ann.id], 1), ([ann.id, ann.id], 1)):
        assert await api.as_(ann).data(query, ids=ids) == {"watchlist": {"totalCount": count}}
