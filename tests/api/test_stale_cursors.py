"""An invalid cursor or page size makes only its own connection null, in both engines."""

from infocus_graphql.graph.context import Services
from infocus_graphql.graph.declarations import Page
from tests.graph.walk import CORE, Field, fields, row_fields
from tests.graph.world import build_world
from tests.support.client import Api
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


def siblings(data: object) -> int:
    """Returns the number of valid siblings in the data."""
    if isinstance(data, list):
        return sum(map(siblings, data))
    return sum(map(siblings, data.values())) + ("sibling" in data) if isinstance(data, dict) else 0
