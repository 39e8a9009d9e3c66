"""The cost of an operation: known before it is run, and never less than the rows of its answer."""

import os
from typing import Any

import orjson
import pytest
from graphql import (
    FieldNode,
    GraphQLObjectType,
    NameNode,
    SelectionSetNode,
    Visitor,
    get_named_type,
    parse,
    print_ast,
    visit,
)

from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import Page, declared_by
from infocus_graphql.graph.execution import Request
from infocus_graphql.graph.limits.bounds import Limits
from infocus_graphql.graph.limits.documents import Measured, measured
from infocus_graphql.schema import schema
from tests.plan.author import Author
from tests.plan.engines import UNLIMITED, Engines
from tests.support.client import Api

CORE = schema._schema
OPERATIONS = int(os.environ.get("FUZZ_OPERATIONS", "25")) * 2


def cost(query: str, **variables: Any) -> int:
    """The cost of a document's only operation."""
    document = parse(query)
    known = Measured(document, measured(CORE, document, UNLIMITED))
    operation = known.operation(None)
    assert operation is not None
    return known.price(operation, variables)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", 0),
        ("{ viewer { email isStaff } }", 1),
        ("{ viewer { user { profile { bio } } } }", 3),
        ("{ viewer { preferences watchlistStats { total watching } } }", 1 + 1 + 5),
        ("{ mediaItems { nodes { title } } }", 1 + 20),
        ("{ mediaItems { edges { cursor node { title } } pageInfo { hasNextPage } } }", 1 + 20),
        ("{ mediaItems(first: 7) { totalCount nodes { title } } }", 1 + 5 + 7),
        ("{ mediaItems(last: 7) { nodes { title streamingProviders { url } } } }", 1 + 7 * (1 + 5)),
        ("{ mediaItems(first: 5000) { nodes { title } } }", 1 + 100),
        ("{ mediaItems(first: 0) { nodes { title } } }", 1 + 20),  # refused later
        ("{ mediaItems(first: null) { nodes { title } } }", 1 + 20),
        ("{ mediaItems(first: 3) { ...M } } fragment M on MediaItemConnection { nodes { title } }", 1 + 3),
        (
            "{ mediaItems(first: 3) { nodes { ...M ...M } } } fragment M on MediaItem { viewerEntry { id } }",
            1 + 3 * 3,
        ),
        ('{ nodes(ids: ["a", "b"]) { ... on User { profile { bio } } } }', 2 * (1 + 1)),
        ('{ nodes(ids: "a") { id } }', 1),
        ("{ __schema { types { fields { args { name } } } } }", 500),
        ("{ viewer { email } nonsense { of { all { kinds } } } }", 1),
        ("{ viewer @skip(if: true) { email } mediaItems @include(if: false) { totalCount } }", 0),
        ("{ viewer @skip(if: false) { email } mediaItems @include(if: true) { totalCount } }", 1 + 1 + 5),
        ('mutation { leaveFamily(input: {familyId: "x"}) { deletedId } }', 10),
    ],
)
def test_rows_are_counted_by_sizes_and_weights(query: str, expected: int) -> None:
    assert cost(query) == expected


PAGES = """query ($n: Int = 4, $m: Int, $all: Boolean!, $none: Boolean = true) {
  mediaItems(first: $n) { nodes { entries(last: $m) @include(if: $all) { nodes { id } } } }
  viewer @skip(if: $none) { email }
}"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"all": False}, 1 + 4),
        ({"all": True}, 1 + 4 * (1 + 1 + 20)),
        ({"all": True, "n": 2, "m": 3}, 1 + 2 * (1 + 1 + 3)),
        ({"all": True, "n": None, "m": None}, 1 + 20 * (1 + 1 + 20)),
        ({"all": False, "none": False}, 1 + 4 + 1),
        ({"all": False, "n": 10**12}, 1 + 100),
        ({"all": False, "n": "nonsense"}, 1 + 1),
        ({}, 1 + 4 * (1 + 1 + 20)),
    ],
)
def test_variables_are_counted_with_the_values_of_the_request(
    variables: dict[str, Any], expected: int
) -> None:
    assert cost(PAGES, **variables) == expected


def test_ids_in_a_variable_are_counted() -> None:
    query = 'query ($ids: [ID!]! = ["a"]) { nodes(ids: $ids) { ... on User { profile { bio } } } }'
    assert [cost(query, **given) for given in ({}, {"ids": ["a"] * 50}, {"ids": "a"})] == [2, 100, 2]


def test_many_different_sizes_are_not_all_remembered() -> None:
    document = parse("query ($n: Int) { mediaItems(first: $n) { nodes { id } } }")
    known = Measured(document, measured(CORE, document, Limits()))
    operation = known.operation(None)
    assert operation is not None
    assert [known.price(operation, {"n": n}) for n in range(100)] == [1, *range(2, 101)]
    (price,) = known._prices.values()
    assert len(price._prices) <= 64


def test_every_connection_is_a_page_with_a_declared_size() -> None:
    for gtype in CORE.type_map.values():
        if isinstance(gtype, GraphQLObjectType):
            for name, field in gtype.fields.items():
                if get_named_type(field.type).name.endswith("Connection"):
                    assert isinstance(declared_by(field), Page), f"{gtype.name}.{name}"


async def test_an_answer_tells_the_cost_when_asked(api: Api) -> None:
    for query in (
        "{ mediaItems { nodes { id } } }",
        "{ mediaItems { nodes { id } } serverInfo { version } }",
    ):
        answers = []
        for extensions in ({"cost": True}, {"cost": False}, {}, None):
            body = {"query": query, "extensions": extensions}
            answers.append((await api.http.post("/graphql", json=body)).json())
        assert answers[0].pop("extensions") == {"cost": {"estimated": cost(query), "limit": 5000}}
        assert answers.count(answers[0]) == 4


async def test_what_costs_too_much_is_refused_with_the_numbers(api: Api) -> None:
    query = "{ mediaItems(first: 100) { nodes { entries(first: 100) { nodes { id } } } } }"
    (error,) = (await api.result(query))["errors"]
    assert error["extensions"] == {"code": "COST_LIMIT_EXCEEDED", "limit": 5000, "cost": 1 + 100 * 102}


class Typed(Visitor):
    """Adds the name of its type to every selection, so that what was answered can be counted."""

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        """The selection with one field more."""
        name = FieldNode(alias=NameNode(value="_type"), name=NameNode(value="__typename"))
        return SelectionSetNode(selections=(*node.selections, name))


def rows_of(value: Any) -> int:
    """The objects in an answer that are not just there to hold a page."""
    if isinstance(value, list):
        return sum(map(rows_of, value))
    if not isinstance(value, dict):
        return 0
    kind = value.get("_type", "Query")
    held = kind.endswith(("Connection", "Edge")) or kind in {"PageInfo", "Query"}
    return (not held) + sum(map(rows_of, value.values()))


@pytest.mark.parametrize("seed", range(2))
async def test_no_answer_has_more_rows_than_its_cost(engines: Engines, seed: int) -> None:
    author, counted = Author(seed, engines.world.ids), []
    for _ in range(OPERATIONS):
        operation = author.operation()
        query = print_ast(visit(parse(operation.query), Typed()))
        context = Context(engines.services, engines.world.viewers["owner"])
        answer = await engines.plans.run(
            Request(query, None, operation.variables), context, queries_only=True
        )
        await context.close()
        data = orjson.loads(answer.content()).get("data")
        author.learn(operation, data or {})
        counted.append((rows_of(data), cost(operation.query, **operation.variables), operation.query))
    assert [each for each in counted if each[0] > each[1]] == []
    assert sum(rows for rows, *_ in counted) > OPERATIONS / 2, "operations that find nothing show nothing"
