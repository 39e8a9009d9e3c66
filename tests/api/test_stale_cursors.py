"""An invalid cursor or page size makes only its own connection null, in both engines."""

from typing import Any

from infocus_graphql.graph.context import Services
from infocus_graphql.graph.declarations import Page
from tests.graph.walk import CORE, Field, fields, row_fields
from tests.graph.world import build_world
from tests.support.client import Api
from tests.support.factories import Factories
from tests.test_batching import FEW, FOR_STAFF, operation
from tests.test_batching import found as values

WRONG = ('after: "stale"', 'before: "stale"', "first: -1", "last: 101", "first: 1, last: 1")


class Paged(Field):
    """A connection field with invalid arguments."""

    arguments = WRONG[0]

    def selection(self, inner: str = "__typename", *, arguments: str = "", count: bool = True) -> str:
        """Returns a selection of the field with its invalid arguments, beside a valid field."""
        return f"{super().selection(inner, arguments=self.arguments, count=count)} sibling: __typename"


async def test_only_the_invalid_connection_is_null(api: Api, services: Services) -> None:
    world = await build_world(services)
    ann, boss = api.as_(world.ann), api.as_(world.boss, is_staff=True)
    tried = 0
    for field in row_fields():
        if not isinstance(field.declared, Page):
            continue
        reader = boss if FOR_STAFF & {field.type_name, field.target} else ann
        for arguments in WRONG if tried == 0 else WRONG[:1]:
            paged = Paged(field.type_name, field.name, field.core, field.declared)
            object.__setattr__(paged, "arguments", arguments)
            result = await reader.result(operation(world, paged, FEW))
            nulls = values(result["data"])
            assert nulls and set(nulls) == {None}, (field, result)
            assert len(result["errors"]) == len(nulls), field
            assert siblings(result["data"]) == len(nulls), f"{field}: what is beside it is there"
            for error in result["errors"]:
                assert error["extensions"]["code"] == "BAD_USER_INPUT"
                assert error["path"][-1] == "found" and error["locations"], error
            tried += 1
    assert tried > 20


async def test_an_invalid_root_connection_does_not_null_others(api: Api) -> None:
    pages = [field.name for field in fields(CORE.query_type) if isinstance(field.declared, Page)]
    assert pages
    for name in pages:
        query = (
            f"query ($c: String) {{ serverInfo {{ version }} {name}(after: $c) {{ totalCount }} good: {name} "
        )
        result = await api.result(query + "{ totalCount } }", c="stale")
        (error,) = result["errors"]
        assert result["data"][name] is None and result["data"]["good"] is not None
        assert result["data"]["serverInfo"]
        assert (error["path"], error["extensions"]) == (
            [name],
            {"code": "BAD_USER_INPUT", "argument": ["after"], "variable": ["c"]},
        )
        assert error["locations"] == [{"line": 1, "column": query.index("$c)") + 1}]


async def test_a_cursor_of_another_filter_is_refused(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann, bob)
    for user in (ann, bob):
        for number in range(3):
            await make.entry(user, await make.media(genres=["Drama"]), rating=number + 5)
    for place, kind, filters in (
        (
            "viewer { list: watchlist(filter: $f, first: 1, after: $c) {",
            "WatchlistFilter",
            [{}, {"genres": ["drama"]}, {"ratedAtLeast": 5}, {"genres": ["Drama"], "ratedAtLeast": 5}],
        ),
        (
            f'family(id: "{family.id}") {{ list: watchlist(filter: $f, first: 1, after: $c) {{',
            "WatchlistFilter",
            [{}, {"userIds": [ann.id]}, {"userIds": [bob.id]}, {"userIds": [ann.id, bob.id]}],
        ),
        (
            "serverInfo { version } list: discoverMedia(filter: $f, first: 1, after: $c) {",
            "MediaItemFilter",
            [{}, {"query": "Title"}, {"types": ["MOVIE"]}, {"types": ["MOVIE", "TV"]}],
        ),
    ):
        ends = "} }" if place.startswith(("viewer", "family")) else "}"
        query = f"query ($f: {kind}, $c: String) {{ {place} pageInfo {{ endCursor }} nodes {{ id }} {ends} }}"
        cursors = []
        for given in filters:
            found = connection((await api.as_(ann).result(query, f=given))["data"])
            cursors.append(found["pageInfo"]["endCursor"])
            again = await api.as_(ann).result(query, f=given, c=cursors[-1])
            assert "errors" not in again
            assert connection(again["data"])["nodes"] != found["nodes"]
        for index, given in enumerate(filters):
            for other, cursor in enumerate(cursors):
                result = await api.as_(ann).result(query, f=given, c=cursor)
                if other != index:
                    (error,) = result["errors"]
                    assert error["message"].endswith(" of this list with this order and filter.")
                    assert error["extensions"]["variable"] == ["c"] and connection(result["data"]) is None


async def test_a_cursor_is_valid_for_an_equivalent_filter(api: Api, make: Factories) -> None:
    ann = await make.user()
    for _ in range(3):
        await make.entry(ann, await make.media(genres=["Drama"]))
    query = """query ($f: WatchlistFilter, $c: String) { viewer {
      list: watchlist(filter: $f, first: 1, after: $c) { pageInfo { endCursor } } } }"""
    filters = [{"genres": ["Drama", "Western"], "isRated": None}, {"genres": ["western", "DRAMA"]}]
    first = connection((await api.as_(ann).result(query, f=filters[0]))["data"])["pageInfo"]["endCursor"]
    assert "errors" not in await api.as_(ann).result(query, f=filters[1], c=first)
    # No filter, null, and a filter without any condition are the same.
    first = connection((await api.as_(ann).result(query))["data"])["pageInfo"]["endCursor"]
    for given in ({}, None, {"genres": None}):
        assert "errors" not in await api.as_(ann).result(query, f=given, c=first)


def connection(data: Any) -> Any:
    """Returns the connection `list` at the root or one level below."""
    return data["list"] if "list" in data else next(each["list"] for each in data.values() if "list" in each)


def siblings(data: object) -> int:
    """Returns the number of valid siblings in the data."""
    if isinstance(data, list):
        return sum(map(siblings, data))
    return sum(map(siblings, data.values())) + ("sibling" in data) if isinstance(data, dict) else 0
