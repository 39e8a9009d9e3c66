"""Text search ignores case, accents and width, and titles are sorted alphabetically, in all lists."""
# ruff: noqa: RUF001 - the tests are about letters of many scripts

from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.details import MediaTranslation
from tests.api.media.test_title_details import reader
from tests.graph.walk import CORE, OBJECTS
from tests.support.client import Api
from tests.support.factories import Factories

TITLES = ["Zebra", "apple", "Éclair", "eagle", "'Allo 'Allo!", "Straße", "Ｆｕｌｌ ｶﾞﾝﾀﾞﾑ", "Đặng 100%"]
SORTED = ["'Allo 'Allo!", "apple", "Đặng 100%", "eagle", "Éclair", "Ｆｕｌｌ ｶﾞﾝﾀﾞﾑ", "Straße", "Zebra"]
FOUND: list[tuple[str, list[str]]] = [
    ("zebra ", ["Zebra"]),
    ("\u200b ZEB", ["Zebra"]),
    ("eclair", ["Éclair"]),
    ("E\u0301CLAIR", ["Éclair"]),
    ("strasse", ["Straße"]),
    ("STRASSE", ["Straße"]),
    ("full  ガンダム", ["Ｆｕｌｌ ｶﾞﾝﾀﾞﾑ"]),
    ("がんだむ", ["Ｆｕｌｌ ｶﾞﾝﾀﾞﾑ"]),
    ("dang", ["Đặng 100%"]),
    ("0%", ["Đặng 100%"]),
    ("‘allo", ["'Allo 'Allo!"]),
    ("_", []),
    ("\\", []),
]
# The catalogue is searched by words: `0%` is not the end of a word.
FOUND_IN_CATALOGUE = [(text, expected) for text, expected in FOUND if text != "0%"] + [
    ("0%", []),
    ("100", ["Đặng 100%"]),
    ("100 dang", ["Đặng 100%"]),
    ("zebar", ["Zebra"]),
    (" ", SORTED),
]
# Every list with a text search over titles, with the selection of the title.
PLACES = {
    "MediaItemFilter": "discoverMedia(filter: $filter, orderBy: {field: TITLE}) "
    "{ totalCount nodes { title } }",
    "WatchlistFilter": "viewer { watchlist(filter: $filter, orderBy: {field: TITLE}) "
    "{ totalCount nodes { mediaItem { title } } } }",
    "FamilyTitleFilter": "family(id: $family) { titles(filter: $filter) "
    "{ totalCount nodes { mediaItem { title } } } }",
}
FAMILY_LIST = PLACES["WatchlistFilter"].replace("viewer", "family(id: $family)")


def titles_in(data: Any) -> list[str]:
    """Returns all titles in a response, in order."""
    if isinstance(data, list):
        return [title for each in data for title in titles_in(each)]
    if isinstance(data, dict):
        return [data["title"]] if "title" in data else titles_in(list(data.values()))
    return []


@pytest.fixture
async def ann(make: Factories) -> User:
    """A user who tracks all titles."""
    ann = await make.user("Ann")
    for title in TITLES:
        await make.entry(ann, await make.media(title))
    return ann


def test_the_table_contains_every_text_search() -> None:
    filters = {
        name
        for name, kind in CORE.type_map.items()
        if isinstance(kind, GraphQLInputObjectType) and "query" in kind.fields
    }
    assert filters == set(PLACES)
    arguments = {
        f"{kind.name}.{name}"
        for kind in OBJECTS
        for name, field in kind.fields.items()
        if "query" in field.args
    }
    # tests/api/search is about the second, tests/api/test_pickers.py about the third.
    assert arguments == {"Admin.accounts", "Query.searchMedia", "Query.streamingServices"}


async def test_titles_are_found_ignoring_case_accents_and_width(api: Api, make: Factories, ann: User) -> None:
    family = await make.family(ann)
    for kind, place in [*PLACES.items(), ("WatchlistFilter", FAMILY_LIST)]:
        given = f"$filter: {kind}" + (", $family: ID!" if "$family" in place else "")
        for text, expected in FOUND if kind != "MediaItemFilter" else FOUND_IN_CATALOGUE:
            variables = {"filter": {"query": text}} | ({"family": family.id} if "$family" in place else {})
            data = await api.as_(ann).data(f"query ({given}) {{ {place} }}", **variables)
            assert titles_in(data) == expected, (place, text)


async def test_lists_of_users_are_searched_in_the_language_of_the_viewer(api: Api, make: Factories) -> None:
    german, other = await reader(make, "de-AT"), await make.user()
    family = await make.family(german, other)
    item = await make.media("The Shining Path")
    await make.media("Another")
    await make.row(
        MediaTranslation(
            media_item_id=item.id, language="de", country="DE", is_default=True, title="Öder Pfad"
        )
    )
    for user in (german, other):
        await make.entry(user, item)
    for place in (PLACES["WatchlistFilter"], FAMILY_LIST, PLACES["FamilyTitleFilter"]):
        kind = "FamilyTitleFilter" if "titles" in place else "WatchlistFilter"
        given = f"$filter: {kind}" + (", $family: ID!" if "$family" in place else "")
        more = {"family": family.id} if "$family" in place else {}
        for user, text, is_found in (
            (german, "oder  pf", True),
            (german, "shining", True),
            (german, "other", False),
            (other, "oder pf", False),
        ):
            query = f"query ({given}) {{ {place} }}"
            found = titles_in(await api.as_(user).data(query, filter={"query": text}, **more))
            assert bool(found) is is_found, (place, text)


async def test_accounts_are_found_ignoring_case_and_accents(api: Api, make: Factories) -> None:
    staff = api.as_(await make.user("Boss", is_staff=True), is_staff=True)
    for name in ("Łucja Straßer", "Ёлка", "‘Ann’"):
        await make.user(name, email=f"{len(name)}@example.com")
    for text, name in (("lucja  strass", "Łucja Straßer"), ("ЕЛК", "Ёлка"), ("'ann' ", "‘Ann’")):
        query = "query ($text: String) { admin { accounts(query: $text) { nodes { name } } } }"
        assert (await staff.data(query, text=text))["accounts"]["nodes"] == [{"name": name}]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_titles_are_sorted_alphabetically_across_pages(api: Api, ann: User, direction: str) -> None:
    expected = SORTED if direction == "ASC" else SORTED[::-1]
    for place in (
        "discoverMedia(%s) { %s nodes { title } }",
        "viewer { watchlist(%s) { %s nodes { mediaItem { title } } } }",
    ):
        seen: list[str] = []
        after = ""
        while True:
            given = f"first: 3, orderBy: {{field: TITLE, direction: {direction}}}{after}"
            data = await api.as_(ann).data(
                "{ " + place % (given, "pageInfo { endCursor hasNextPage }") + " }"
            )
            seen += titles_in(data)
            info = (data.get("watchlist") or data)["pageInfo"]
            if not info["hasNextPage"]:
                break
            after = f', after: "{info["endCursor"]}"'
        assert seen == expected, place
