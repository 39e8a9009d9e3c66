"""The lists of a family: entries, and entries grouped by title."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.domains.watchlists.models import WatchStatus
from tests.support.client import Api
from tests.support.factories import Factories

SEEN, WATCHING, WANTED = WatchStatus.COMPLETED, WatchStatus.WATCHING, WatchStatus.NOT_WATCHED
DAY = datetime(2024, 5, 1, tzinfo=UTC)
TITLE = """mediaItem { title } wantedBy { name } startedBy { name } completedBy { name }
  averageRating ratingCount"""
TITLES = f"""query (
  $id: ID!, $filter: FamilyTitleFilter, $order: FamilyTitleOrder,
  $first: Int, $after: String, $last: Int, $before: String
) {{
  family(id: $id) {{
    titles(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {{
      totalCount pageInfo {{ hasNextPage endCursor hasPreviousPage startCursor }}
      nodes {{ {TITLE} }} }} }} }}"""
IN_FAMILY = f"""query ($id: ID!, $titles: [ID!]!) {{
  nodes(ids: $titles) {{ ... on MediaItem {{ familyTitle(familyId: $id) {{ {TITLE} }} }} }} }}"""
COUNTS = "watchlistStats { total notWatched watching completed }"
STATS = f"query ($id: ID!) {{ node(id: $id) {{ ... on User {{ {COUNTS} }} }} }}"
ENTRIES = """query ($id: ID!, $filter: WatchlistFilter, $order: WatchlistOrder) {
  family(id: $id) { watchlist(filter: $filter, orderBy: $order, first: 100) {
    totalCount nodes { user { name } mediaItem { title } } } } }"""


class Home:
    """A family of Ann, Bob, Cid and Dora. Dora doesn't share her list."""

    def __init__(self, family: Family, people: list[User], eve: User, titles: list[MediaItem]) -> None:
        self.family, self.titles = family, titles
        self.ann, self.bob, self.cid, self.dora = people
        self.eve = eve  # not a member


@pytest.fixture
async def home(make: Factories) -> Home:
    """A: wanted by two; B: wanted by one, seen by two; C: being watched; D: seen; Dora has one of her own."""
    people = [await make.user(name) for name in ("Ann", "Bob", "Cid", "Dora")]
    ann, bob, cid, dora = people
    family = await make.family(ann, bob, cid)
    await make.member(family, dora, shares_watchlist=False)
    a = await make.media("A", genres=["Drama"], release_date=date(2000, 1, 1))
    b = await make.media("B", genres=["Crime"], tmdb_type=MediaType.TV)
    c = await make.media("C", genres=["Crime", "Drama"], release_date=date(1990, 1, 1))
    d = await make.media("D_", genres=[])
    await make.provider(b, regions=["DE"])
    entries: list[tuple[Any, ...]] = [
        (ann, a, WANTED, None),
        (bob, a, WANTED, 7),
        (ann, b, WANTED, None),
        (bob, b, SEEN, 10),
        (cid, b, SEEN, 5),
        (cid, c, WATCHING, None),
        (bob, d, SEEN, 3),
        (dora, a, WANTED, 1),
        (dora, d, WANTED, 1),
    ]
    for index, (user, media, status, rating) in enumerate(entries):
        added = DAY + timedelta(days=index)
        await make.entry(user, media, status=status, rating=rating, date_added=added)
    stranger = await make.user("Eve")
    await make.entry(stranger, a, rating=1)
    return Home(family, people, stranger, [a, b, c, d])


def names(people: list[dict[str, Any]]) -> set[str]:
    """Returns the names of users."""
    return {person["name"] for person in people}


async def test_titles_group_the_shared_entries_most_wanted_first(api: Api, home: Home) -> None:
    titles = (await api.as_(home.ann).data(TITLES, id=home.family.id))["titles"]
    folded = [
        (
            node["mediaItem"]["title"],
            names(node["wantedBy"]),
            names(node["startedBy"]),
            names(node["completedBy"]),
            (node["averageRating"], node["ratingCount"]),
        )
        for node in titles["nodes"]
    ]
    assert folded[:2] == [
        ("A", {"Ann", "Bob"}, set(), set(), (7.0, 1)),
        ("B", {"Ann"}, set(), {"Bob", "Cid"}, (7.5, 2)),
    ]
    assert sorted(folded[2:]) == [
        ("C", set(), {"Cid"}, set(), (None, 0)),
        ("D_", set(), set(), {"Bob"}, (3.0, 1)),
    ]
    assert titles["totalCount"] == 4


async def test_equally_wanted_titles_are_ordered_by_number_of_entries(api: Api, make: Factories) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    family = await make.family(ann, bob)
    fewer, more = await make.media("fewer"), await make.media("more")
    await make.entry(ann, more)
    await make.entry(bob, more, status=SEEN)
    await make.entry(bob, fewer)
    titles = (await api.as_(ann).data(TITLES, id=family.id))["titles"]["nodes"]
    assert [node["mediaItem"]["title"] for node in titles] == ["more", "fewer"]


async def test_a_member_who_shares_nothing_sees_the_same_lists(api: Api, home: Home) -> None:
    for query in (TITLES, ENTRIES):
        seen = [await api.as_(user).data(query, id=home.family.id) for user in (home.ann, home.dora)]
        assert seen[0] == seen[1]


TITLE_FILTERS: list[tuple[Any, ...]] = [
    ({}, "A B C D_"),
    ({"wantedByAtLeast": 1}, "A B"),
    ({"wantedByAtLeast": 2}, "A"),
    ({"wantedByAtLeast": 3}, ""),
    ({"wantedByAtLeast": 1_000}, ""),
    (None, "A B C D_"),
    ({"wantedByAtLeast": None}, "A B C D_"),
    ({"types": ["TV"]}, "B"),
    ({"genres": ["Drama"]}, "A C"),
    ({"genres": ["Drama"], "wantedByAtLeast": 1}, "A"),
    ({"query": "_"}, "D_"),
    ({"query": "b"}, "B"),
    ({"availableIn": "DE"}, "B"),
    ({"availableIn": ["US", "DE"]}, "B"),
    ({"availableIn": ["US"]}, ""),
    ({"types": ["MOVIE"], "genres": ["Crime", "Drama"], "query": "c"}, "C"),
]


async def test_titles_are_filtered(api: Api, home: Home) -> None:
    for given, expected in TITLE_FILTERS:
        titles = (await api.as_(home.ann).data(TITLES, id=home.family.id, filter=given))["titles"]
        assert " ".join(sorted(node["mediaItem"]["title"] for node in titles["nodes"])) == expected, given
        assert titles["totalCount"] == len(titles["nodes"])


async def test_titles_are_paged_including_ties(api: Api, home: Home) -> None:
    client = api.as_(home.ann)
    whole = (await client.data(TITLES, id=home.family.id))["titles"]["nodes"]
    found, after = [], None
    for _ in whole:
        page = (await client.data(TITLES, id=home.family.id, first=1, after=after))["titles"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
    assert found == whole
    assert not page["pageInfo"]["hasNextPage"]
    assert (await client.data(TITLES, id=home.family.id, last=2))["titles"]["nodes"] == whole[2:]


# The titles in ascending and in descending order; titles in brackets tie.
TITLE_ORDERS = {
    "WANTED_BY": ("[C D_] B A", "A B [C D_]"),
    "AVERAGE_RATING": ("D_ A B C", "B A D_ C"),
    "DATE_ADDED": ("A B C D_", "D_ C B A"),
    "TITLE": ("A B C D_", "D_ C B A"),
    "RELEASE_DATE": ("C A [B D_]", "A C [B D_]"),
}


async def test_titles_are_ordered_and_paged_in_both_directions(api: Api, home: Home) -> None:
    client = api.as_(home.ann)

    async def page(order: dict[str, str], **arguments: Any) -> dict[str, Any]:
        found = await client.data(TITLES, id=home.family.id, order=order, **arguments)
        titles: dict[str, Any] = found["titles"]
        return titles

    for field, expected in TITLE_ORDERS.items():
        for direction, wanted in zip(("ASC", "DESC"), expected, strict=True):
            order = {"field": field, "direction": direction}
            whole = (await page(order))["nodes"]
            found = " ".join(node["mediaItem"]["title"] for node in whole)
            ties = [
                wanted.replace("[", "").replace("]", ""),
                wanted.replace("[C D_]", "D_ C").replace("[B D_]", "D_ B"),
            ]
            assert found in ties, order
            first = await page(order, first=2)
            last = await page(order, last=1, before=first["pageInfo"]["endCursor"])
            rest = await page(order, first=3, after=first["pageInfo"]["endCursor"])
            assert [last["nodes"], first["nodes"] + rest["nodes"]] == [whole[:1], whole], order
            assert not rest["pageInfo"]["hasNextPage"]


async def test_a_title_has_the_ratings_of_a_family(api: Api, make: Factories, home: Home) -> None:
    titles = {
        node["mediaItem"]["title"]: node
        for node in (await api.as_(home.ann).data(TITLES, id=home.family.id))["titles"]["nodes"]
    }
    unknown = await make.media("E")
    ids = {item.title: item.id for item in [*home.titles, unknown]}
    for member in (home.ann, home.dora):
        found = await api.as_(member).data(IN_FAMILY, id=home.family.id, titles=list(ids.values()))
        assert [each["familyTitle"] for each in found] == [titles.get(title) for title in ids]
    elsewhere = await make.family(await make.user())
    for viewer, family in ((home.eve, home.family.id), (home.ann, elsewhere.id), (home.ann, "fa" + "0" * 25)):
        found = await api.as_(viewer).data(IN_FAMILY, id=family, titles=list(ids.values()))
        assert found == [{"familyTitle": None}] * len(ids)


async def test_a_users_stats_count_the_entries_that_the_viewer_sees(api: Api, home: Home) -> None:
    nothing = {"total": 0, "notWatched": 0, "watching": 0, "completed": 0}
    bobs = {"total": 3, "notWatched": 1, "watching": 0, "completed": 2}
    doras = nothing | {"total": 2, "notWatched": 2}
    expected = [
        (home.ann, home.bob, bobs),
        (home.bob, home.bob, bobs),
        (home.ann, home.dora, nothing),
        (home.dora, home.dora, doras),
        (home.dora, home.bob, bobs),
    ]
    for viewer, user, stats in expected:
        assert await api.as_(viewer).data(STATS, id=user.id) == {"watchlistStats": stats}
    assert await api.as_(home.eve).data(STATS, id=home.bob.id) is None
    assert await api.as_(home.dora).data(f"{{ viewer {{ {COUNTS} }} }}") == {"watchlistStats": doras}


ENTRY_FILTERS: list[tuple[Any, ...]] = [
    ({}, "Bob:D_ Cid:C Cid:B Bob:B Ann:B Bob:A Ann:A"),
    ({"members": "bc"}, "Bob:D_ Cid:C Cid:B Bob:B Bob:A"),
    ({"members": "b", "statuses": ["COMPLETED"], "ratedAtLeast": 4}, "Bob:B"),
    ({"query": "A"}, "Bob:A Ann:A"),
    ({"types": ["TV"], "isRated": True}, "Cid:B Bob:B"),
    ({"availableIn": "DE", "statuses": ["NOT_WATCHED"]}, "Ann:B"),
    ({"genres": ["Drama"]}, "Cid:C Bob:A Ann:A"),
    ({"addedSince": "2024-05-05T00:00:00Z"}, "Bob:D_ Cid:C Cid:B"),
    ({"addedSince": "2024-05-05T00:00:00.000001Z"}, "Bob:D_ Cid:C"),
]


async def test_the_watchlist_contains_the_entries_of_all_sharing_members(api: Api, home: Home) -> None:
    for given, expected in ENTRY_FILTERS:
        people = {"a": home.ann, "b": home.bob, "c": home.cid}
        chosen = {key: value for key, value in given.items() if key != "members"}
        if "members" in given:
            chosen["userIds"] = [people[letter].id for letter in given["members"]]
        watchlist = (await api.as_(home.ann).data(ENTRIES, id=home.family.id, filter=chosen))["watchlist"]
        found = [f"{node['user']['name']}:{node['mediaItem']['title']}" for node in watchlist["nodes"]]
        assert " ".join(found) == expected, given
        assert watchlist["totalCount"] == len(found)


async def test_the_family_watchlist_supports_the_orders_of_a_watchlist(api: Api, home: Home) -> None:
    expected = {
        ("DATE_ADDED", "ASC"): "A A B B B C D_",
        ("TITLE", "DESC"): "D_ C B B B A A",
        ("RATING", "DESC"): "B A B D_ C B A",
        ("RELEASE_DATE", "ASC"): "C A A B B B D_",
    }
    for (field, direction), wanted in expected.items():
        order = {"field": field, "direction": direction}
        nodes = (await api.as_(home.ann).data(ENTRIES, id=home.family.id, order=order))["watchlist"]["nodes"]
        found = [node["mediaItem"]["title"] for node in nodes]
        if field in {
            "RATING",
            "RELEASE_DATE",
        }:  # entries without a value tie, so only their position is checked
            tail = {"RATING": 4, "RELEASE_DATE": 3}[field]
            assert (found[:tail], sorted(found[tail:])) == (
                wanted.split()[:tail],
                sorted(wanted.split()[tail:]),
            ), order
        else:
            assert found == wanted.split(), order


async def test_family_lists_are_visible_to_members_only(api: Api, make: Factories, home: Home) -> None:
    stranger = await make.user()
    await make.family(stranger)
    for query in (TITLES, ENTRIES):
        assert await api.as_(stranger).data(query, id=home.family.id) is None
        signed_out = await api.result(query, id=home.family.id)
        assert signed_out["data"] == {"family": None} or "errors" in signed_out
