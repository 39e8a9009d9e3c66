"""Pagination in every order and from both ends, and the validity of cursors."""

from typing import Any

import pytest

from infocus_graphql.graph.context import Services
from infocus_graphql.graph.fields import Page
from tests.graph.walk import CORE, Field, fields, is_node, row_fields
from tests.graph.world import World, build_world
from tests.support.client import Api
from tests.support.factories import Factories

PAGES = [field for field in (*row_fields(), *fields(CORE.query_type)) if isinstance(field.declared, Page)]
INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


def placed(world: World, field: Field, selection: str) -> str:
    """Returns an operation with the selection at the field's parent."""
    if field.type_name == "Query":
        return f"{{ {selection} }}"
    if field.type_name == "Viewer":
        return f"{{ viewer {{ {selection} }} }}"
    if field.type_name == "Admin":
        return f"{{ admin {{ {selection} }} }}"
    if field.type_name == "Account":
        return f'{{ admin {{ accounts(query: "{world.ann.id}") {{ nodes {{ {selection} }} }} }} }}'
    assert is_node(field.type_name)
    parent = world.parents[field.type_name][0]
    return f'{{ node(id: "{parent}") {{ ... on {field.type_name} {{ {selection} }} }} }}'


def orders(page: Page) -> list[str]:
    """Returns the `orderBy` arguments for all orders of a page; "" is the default."""
    named = [
        f"orderBy: {{field: {field.name}, direction: {direction}}}"
        for field in page.orders.by
        for direction in ("ASC", "DESC")
    ]
    return ["", *named]


async def read(api: Api, world: World, field: Field, selections: dict[str, str]) -> dict[str, list[str]]:
    """Reads several pages of one list in one operation and returns their cursors."""
    asked = " ".join(
        f"{alias}: {field.name}({arguments}) {{ edges {{ cursor }} }}"
        for alias, arguments in selections.items()
    )
    data = (await api.result(placed(world, field, asked)))["data"]
    while not selections.keys() <= data.keys():
        inner = next(iter(data.values()))
        data = inner[0] if isinstance(inner, list) else inner
    return {alias: [edge["cursor"] for edge in page["edges"]] for alias, page in data.items()}


async def test_every_list_can_be_paged_from_both_ends_in_every_order(api: Api, services: Services) -> None:
    world = await build_world(services)
    ann, boss = api.as_(world.ann), api.as_(world.boss, is_staff=True)
    tried = set()
    for field in PAGES:
        reader = boss if field.type_name in {"Admin", "Account"} else ann
        for order in orders(field.declared) if id(field.declared.orders.by) not in tried else [""]:
            whole = (await read(reader, world, field, {"whole": f"first: 100 {order}"}))["whole"]
            assert len(whole) == len(set(whole)) > 0, f"{field} {order}"
            asked = {"between": f'last: 3, after: "{whole[0]}", before: "{whole[-1]}" {order}'}
            expected = {"between": whole[1:-1][-3:]}
            for index in {len(whole) // 2, len(whole) - 1}:
                cursor = whole[index]
                asked[f"after{index}"] = f'first: 2, after: "{cursor}" {order}'
                expected[f"after{index}"] = whole[index + 1 : index + 3]
                asked[f"before{index}"] = f'last: 2, before: "{cursor}" {order}'
                expected[f"before{index}"] = whole[max(0, index - 2) : index]
            assert await read(reader, world, field, asked) == expected, f"{field} {order}"
        tried.add(id(field.declared.orders.by))


@pytest.mark.parametrize(
    ("direction", "ratings"), [("ASC", [2, 7, None, None]), ("DESC", [7, 2, None, None])]
)
async def test_rows_without_a_value_come_last_in_both_directions(
    api: Api, make: Factories, direction: str, ratings: list[float | None]
) -> None:
    for rating in (None, 7, 2, None):
        await make.media(rating=rating)
    order = f"orderBy: {{field: RATING, direction: {direction}}}"
    page = await api.data(f"{{ discoverMedia({order}) {{ nodes {{ rating }} }} }}")
    assert [item["rating"] for item in page["nodes"]] == ratings


async def test_page_info_is_exact_in_the_direction_of_paging(api: Api, make: Factories) -> None:
    for index in range(5):
        await make.media(f"Title {index}")

    async def info(arguments: str) -> tuple[list[str], bool, bool]:
        page = await api.data(
            f"{{ discoverMedia({arguments}) {{ nodes {{ title }} edges {{ cursor }} {INFO} }} }}"
        )
        cursors, facts = [edge["cursor"] for edge in page["edges"]], page["pageInfo"]
        assert (facts["startCursor"], facts["endCursor"]) == (cursors[0], cursors[-1])
        names = [item["title"][-1] for item in page["nodes"]]
        return names, facts["hasPreviousPage"], facts["hasNextPage"]

    whole = await api.data("{ discoverMedia { edges { cursor } } }")
    a, b, c, d, e = (edge["cursor"] for edge in whole["edges"])
    assert await info("first: 5") == (list("01234"), False, False)
    assert await info("first: 2") == (list("01"), False, True)
    assert await info(f'first: 2, after: "{b}"') == (list("23"), True, True)
    assert await info(f'first: 2, after: "{c}"') == (list("34"), True, False)
    assert await info("last: 2") == (list("34"), True, False)
    assert await info(f'last: 2, before: "{d}"') == (list("12"), True, True)
    assert await info(f'last: 3, before: "{d}"') == (list("012"), False, True)
    assert await info(f'first: 9, after: "{a}", before: "{e}"') == (list("123"), True, False)
    empty = await api.data(f'{{ discoverMedia(after: "{e}") {{ totalCount nodes {{ id }} {INFO} }} }}')
    assert empty["totalCount"] == 5, "an empty page still counts the whole list"
    assert empty["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


async def test_pages_have_twenty_items_by_default_and_at_most_a_hundred(api: Api, make: Factories) -> None:
    for _ in range(21):
        await make.media()
    for arguments, number in (("first: null", 20), ("first: 100", 21), ("last: 100", 21), ("first: 1", 1)):
        page = await api.data(f"{{ discoverMedia({arguments}) {{ nodes {{ id }} totalCount }} }}")
        assert (len(page["nodes"]), page["totalCount"]) == (number, 21), arguments


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ("first: 0", "first"),
        ("first: -1", "first"),
        ("first: 101", "first"),
        ("first: 1000000", "first"),
        ("last: 0", "last"),
        ("last: -1", "last"),
        ("last: 101", "last"),
        ("first: 1, last: 1", "last"),
    ],
)
async def test_an_invalid_size_is_rejected_with_the_argument_name(
    api: Api, make: Factories, arguments: str, argument: str
) -> None:
    ann = await make.user()
    for query in (
        f"discoverMedia({arguments}) {{ totalCount }}",
        f"viewer {{ families({arguments}) {{ totalCount }} }}",
    ):
        (error,) = (await api.as_(ann).result(f"{{ {query} }}"))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["argument"]) == (
            "BAD_USER_INPUT",
            [argument],
        )


async def cursors_of(api: Api, arguments: str) -> list[str]:
    """Returns the cursors of the catalogue in one order."""
    page = await api.data(f"{{ discoverMedia({arguments}) {{ edges {{ cursor }} }} }}")
    return [edge["cursor"] for edge in page["edges"]]


def by(field: str, direction: str) -> str:
    """Returns an `orderBy` argument."""
    return f"orderBy: {{field: {field}, direction: {direction}}}"


async def bad_cursors(api: Api, make: Factories, user: Any) -> dict[str, str]:
    """Returns cursors that are invalid for the catalogue ordered by title."""
    for index in range(2):
        await make.media(f"Title {index}")
    await make.entry(user)
    good, other = await cursors_of(api, "first: 2")
    watchlist = "{ viewer { watchlist(orderBy: {field: TITLE, direction: ASC}) { edges { cursor } } } }"
    foreign = await api.as_(user).data(watchlist)
    return {
        "empty": "",
        "truncated": good[:-3],
        "extended": good + "AAAA",
        "forged": good[:-6] + ("A" if good[-6] != "A" else "B") + good[-5:],
        "signature of another": other[:20] + good[20:],
        "another order": (await cursors_of(api, by("CREATED_AT", "ASC")))[0],
        "another direction": (await cursors_of(api, by("TITLE", "DESC")))[0],
        "another list": foreign["watchlist"]["edges"][0]["cursor"],
        "not ASCII": "ключ",
        "not base64": "***",
        "padded with blanks": f" {good} ",
        "huge": "A" * 100_000,
        "another encoding": "/+8=",
        "not text": "gICA",
        "an id": user.id,
    }


async def test_a_cursor_of_another_list_or_order_is_rejected_with_the_argument_name(
    api: Api, make: Factories
) -> None:
    query = """query ($after: String, $before: String) {
        discoverMedia(after: $after, before: $before) { __typename } }"""
    for name, cursor in (await bad_cursors(api, make, await make.user())).items():
        for argument in ("after", "before"):
            (error,) = (await api.result(query, **{argument: cursor}))["errors"]
            found = (error["extensions"]["code"], error["extensions"].get("argument"), error["path"])
            assert found == ("BAD_USER_INPUT", [argument], ["discoverMedia"]), name


async def test_a_cursor_stays_valid_after_its_row_is_deleted(api: Api, make: Factories) -> None:
    ann = await make.user()
    for _ in range(3):
        await make.entry(ann)
    page = "{ viewer { watchlist(first: 2 %s) { nodes { id } edges { cursor } } } }"
    client = api.as_(ann)
    first = (await client.data(page % ""))["watchlist"]
    whole = (await client.data("{ viewer { watchlist { nodes { id } } } }"))["watchlist"]["nodes"]
    await client.change("removeFromWatchlist", {"entryId": first["nodes"][1]["id"]})
    after = f', after: "{first["edges"][1]["cursor"]}"'
    assert (await client.data(page % after))["watchlist"]["nodes"] == whole[2:]


async def test_the_total_count_is_that_of_the_filtered_list(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    await make.family(ann, bob)
    for index in range(3):
        await make.entry(ann, rating=index + 1)
    await make.entry(bob, await make.media("Fight Club"))
    query = """query ($bob: ID!) { viewer {
        all: watchlist(first: 1) { totalCount nodes { id } }
        good: watchlist(filter: {ratedAtLeast: 2}, first: 1) { totalCount nodes { id } }
        none: watchlist(filter: {ratedAtLeast: 9}) { totalCount nodes { id } }
        families { nodes { everybody: watchlist { totalCount }
            bobs: watchlist(filter: {userIds: [$bob]}) { totalCount nodes { user { id } } } } } } }"""
    lists = await api.as_(ann).data(query, bob=bob.id)
    counts = {
        name: (lists[name]["totalCount"], len(lists[name]["nodes"])) for name in ("all", "good", "none")
    }
    assert counts == {"all": (3, 1), "good": (2, 1), "none": (0, 0)}
    (family,) = lists["families"]["nodes"]
    assert family["everybody"]["totalCount"] == 4
    assert family["bobs"] == {"totalCount": 1, "nodes": [{"user": {"id": bob.id}}]}
    catalogue = await api.data(
        '{ some: discoverMedia(filter: {query: "fight"}) { totalCount } all: discoverMedia { totalCount } }'
    )
    assert catalogue == {"some": {"totalCount": 1}, "all": {"totalCount": 4}}
