"""Cost estimates: known before execution, and never less than the returned rows."""

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

from infocus_graphql.domains.viewer_lengths import ViewerLengths
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import Page, ResolvedPage, declared_by
from infocus_graphql.graph.limits.analysis import AnalyzedDocument, analyze
from infocus_graphql.graph.limits.cost import Estimate
from infocus_graphql.graph.limits.field_costs import (
    COMPUTED,
    COUNT,
    CURSOR,
    EDGE,
    INTROSPECTION,
    LIST,
    MUTATION,
    OBJECT,
    PAGE,
    ROW,
    VALUE,
)
from infocus_graphql.graph.limits.limits import Limits
from infocus_graphql.graph.operation import Request
from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.schema import schema
from tests.plan.engines import UNLIMITED, Engines
from tests.plan.operation_generator import Author
from tests.support.client import Api

CORE = core_schema(schema)
OPERATIONS = int(os.environ.get("FUZZ_OPERATIONS", "25")) * 2
LENGTHS = {"families": 2, "members": 3, "entries": 40, "family_entries": 100, "titles": 1000}
TITLE = VALUE + COMPUTED  # at most 500 characters, written by staff; in the language of the viewer
BIO = VALUE + 2000 * 3 // 64


def estimate(query: str, lengths: dict[str, int] | None = None, **variables: Any) -> Estimate:
    """Returns the estimate for a document's only operation."""
    document = parse(query)
    known = AnalyzedDocument(document, analyze(CORE, document, UNLIMITED))
    operation = known.operation(None)
    assert operation is not None
    return known.price(operation, variables, lengths or {})


def cost(query: str, **variables: Any) -> int:
    """Returns the estimated cost of a document's only operation."""
    return estimate(query, **variables).total


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", VALUE),
        ("{ viewer { isStaff } }", PAGE + OBJECT + VALUE),
        ("{ viewer { user { profile { bio } } } }", PAGE + 3 * OBJECT + BIO),
        ("{ viewer { emailVerified } }", PAGE + OBJECT + VALUE + COMPUTED),
        ("{ discoverMedia { nodes { title } } }", PAGE + 20 * (ROW + TITLE)),
        (
            "{ discoverMedia { edges { cursor node { title } } pageInfo { hasNextPage } } }",
            PAGE + 20 * (ROW + EDGE + VALUE + CURSOR + TITLE) + 4 * VALUE,
        ),
        ("{ discoverMedia(first: 7) { nodes { title } } }", PAGE + 7 * (ROW + TITLE)),
        (
            "{ discoverMedia(last: 7) { nodes { streamingProviders { offerType } } } }",
            PAGE + 7 * (ROW + LIST + 6 * (ROW + VALUE)),
        ),
        ("{ discoverMedia(first: 5000) { nodes { title } } }", PAGE + 100 * (ROW + TITLE)),
        ("{ discoverMedia(first: 0) { nodes { title } } }", PAGE + 20 * (ROW + TITLE)),  # rejected later
        ("{ discoverMedia(first: null) { nodes { title } } }", PAGE + 20 * (ROW + TITLE)),
        (
            "{ discoverMedia(first: 3) { ...M } } fragment M on MediaItemConnection { nodes { title } }",
            PAGE + 3 * (ROW + TITLE),
        ),
        (
            "{ discoverMedia(first: 3) { nodes { ...M ...M } } } "
            "fragment M on MediaItem { viewerEntry { id } }",
            PAGE + 3 * (ROW + 2 * (OBJECT + VALUE)),
        ),
        (
            '{ nodes(ids: ["a", "b"]) { ... on User { profile { bio } } } }',
            PAGE + 2 * (OBJECT + OBJECT + BIO),
        ),
        ('{ nodes(ids: "a") { id } }', PAGE + OBJECT + VALUE),
        ("{ __schema { types { fields { args { name } } } } }", INTROSPECTION),
        ("{ viewer { isStaff } nonsense { of { all { kinds } } } }", PAGE + OBJECT + VALUE),
        ("{ viewer @skip(if: true) { email } discoverMedia @include(if: false) { totalCount } }", 0),
        ("{ viewer @skip(if: false) { isStaff } }", PAGE + OBJECT + VALUE),
        (
            'mutation { leaveFamily(input: {id: "x"}) { deletedId } }',
            MUTATION + VALUE,
        ),
        ("{ discoverMedia { nodes { " + "a" * 160 + ": tmdbId } } }", PAGE + 20 * (ROW + VALUE + 10)),
    ],
)
def test_rows_and_values_are_counted_by_sizes_and_weights(query: str, expected: int) -> None:
    assert cost(query) == expected


LIST_OF = "{ viewer { watchlist%s { nodes { rating } %s } } }"
PLAIN = PAGE + OBJECT + PAGE + 20 * (ROW + VALUE)


@pytest.mark.parametrize(
    ("arguments", "more", "read"),
    [
        ("", "", 0),
        ("(orderBy: {field: DATE_ADDED})", "", 0),
        ("(orderBy: {direction: ASC})", "", 0),
        ("(orderBy: {field: TITLE})", "", 40 * 6),
        ("(filter: {statuses: [WATCHING]})", "", 40 * 3),
        ('(filter: {query: "a"})', "", 40 * 20),
        ('(filter: {query: "a", statuses: [WATCHING]})', "", 40 * 20),
        ("(filter: {query: null})", "", 40 * 3),
        ("(filter: {query: $q})", "", 40 * 20),
        ("(filter: null)", "", 0),
        ('(filter: {query: "a"}, orderBy: {field: TITLE})', "", 40 * 26),
        ("", "totalCount", VALUE + COUNT + 10),
        ("", "totalCount n: totalCount", 2 * (VALUE + COUNT + 10)),
        ('(filter: {query: "a"})', "totalCount", 40 * 20 + VALUE + COUNT + int(40 * 20.25)),
        ("(filter: $f, orderBy: $o)", "", 0),
    ],
)
def test_rows_to_read_are_part_of_the_cost(arguments: str, more: str, read: int) -> None:
    assert estimate(LIST_OF % (arguments, more), LENGTHS).total == PLAIN + read


@pytest.mark.parametrize(
    ("variables", "rate"),
    [
        ({}, 0),
        ({"f": None, "o": None}, 0),
        ({"f": {"query": "a"}}, 20),
        ({"f": {"statuses": ["WATCHING"], "query": None}}, 3),
        ({"o": {"field": "TITLE"}}, 6),
        ({"o": {"field": "STATUS"}}, 0),
        ({"o": {"direction": "ASC"}}, 0),
        ({"f": {"query": "a"}, "o": {"field": "TITLE"}}, 26),
    ],
)
def test_filters_and_orders_in_variables_are_counted_when_they_have_a_value(
    variables: dict[str, Any], rate: int
) -> None:
    query = "query ($f: WatchlistFilter, $o: WatchlistOrder) " + LIST_OF % ("(filter: $f, orderBy: $o)", "")
    assert estimate(query, LENGTHS, **variables).total == PLAIN + 40 * rate
    assert estimate(query, **variables).total == PLAIN + 20_000 * rate


def test_a_text_filter_in_the_default_of_a_variable_is_counted() -> None:
    query = 'query ($f: WatchlistFilter = {query: "a"}) ' + LIST_OF % ("(filter: $f)", "")
    given: list[dict[str, Any]] = [{}, {"f": {"query": "b"}}, {"f": {"statuses": ["WATCHING"]}}, {"f": None}]
    rates = [20, 20, 3, 0]
    assert [cost(query, **each) for each in given] == [PLAIN + 20_000 * rate for rate in rates]


def test_actual_lengths_bound_the_sizes_of_pages() -> None:
    query = "{ viewer { families { nodes { members { nodes { role } } } } } }"
    inner = ROW + PAGE
    assert estimate(query).total == 2 * PAGE + OBJECT + 20 * (inner + 20 * (ROW + VALUE))
    assert estimate(query, LENGTHS).total == 2 * PAGE + OBJECT + 2 * (inner + 3 * (ROW + VALUE))


PAGES = """query ($n: Int = 4, $m: Int, $all: Boolean!, $none: Boolean = true) {
  discoverMedia(first: $n) { nodes { entries(last: $m) @include(if: $all) { nodes { rating } } } }
  viewer @skip(if: $none) { isStaff }
}"""
ENTRIES = PAGE + 100 * 4  # the cost of finding a page


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"all": False}, PAGE + 4 * ROW),
        ({"all": True}, PAGE + 4 * (ROW + ENTRIES + 10 * (ROW + VALUE))),
        ({"all": True, "n": 2, "m": 3}, PAGE + 2 * (ROW + ENTRIES + 3 * (ROW + VALUE))),
        ({"all": True, "n": None, "m": None}, PAGE + 20 * (ROW + ENTRIES + 10 * (ROW + VALUE))),
        ({"all": False, "none": False}, PAGE + 4 * ROW + PAGE + OBJECT + VALUE),
        ({"all": False, "n": 10**12}, PAGE + 100 * ROW),
        ({"all": False, "n": "nonsense"}, PAGE + ROW),
        ({}, PAGE + 4 * (ROW + ENTRIES + 10 * (ROW + VALUE))),
    ],
)
def test_page_sizes_in_variables_are_counted(variables: dict[str, Any], expected: int) -> None:
    assert cost(PAGES, **variables) == expected


def test_ids_in_a_variable_are_counted() -> None:
    query = 'query ($ids: [ID!]! = ["a"]) { nodes(ids: $ids) { ... on User { id } } }'
    one = OBJECT + VALUE
    expected = [PAGE + one, PAGE + 50 * one, PAGE + one]
    assert [cost(query, **given) for given in ({}, {"ids": ["a"] * 50}, {"ids": "a"})] == expected


def test_the_cache_of_estimates_is_bounded() -> None:
    document = parse("query ($n: Int) { discoverMedia(first: $n) { nodes { tmdbId } } }")
    known = AnalyzedDocument(document, analyze(CORE, document, Limits()))
    operation = known.operation(None)
    assert operation is not None
    assert [known.price(operation, {"n": n}).total for n in range(100)] == [
        PAGE + (ROW + VALUE) * size for size in [0, *range(1, 100)]
    ]
    price = known._prices[operation]
    assert len(price._prices) <= 64


def test_every_connection_is_a_page_with_a_declared_size() -> None:
    for gtype in CORE.type_map.values():
        if isinstance(gtype, GraphQLObjectType):
            for name, field in gtype.fields.items():
                if get_named_type(field.type).name.endswith("Connection"):
                    declared = declared_by(field)
                    assert isinstance(declared, Page | ResolvedPage), f"{gtype.name}.{name}"
                    assert f"by default {declared.default}." in (field.args["first"].description or "")


async def test_the_response_contains_the_cost_on_request(api: Api) -> None:
    for query in (
        "{ discoverMedia { nodes { id } } }",
        "{ discoverMedia { nodes { id } } serverInfo { version } }",
    ):
        responses = []
        for extensions in ({"cost": True}, {"cost": False}, {}, None):
            body = {"query": query, "extensions": extensions}
            responses.append((await api.http.post("/graphql", json=body)).json())
        found = responses[0].pop("extensions")["cost"]
        assert (found["estimated"], found["limit"]) == (cost(query), 200_000)
        assert responses.count(responses[0]) == 4


class Typed(Visitor):
    """Adds `__typename` to every selection, so that the returned objects can be counted."""

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        """Returns the selection with `__typename`."""
        name = FieldNode(alias=NameNode(value="_type"), name=NameNode(value="__typename"))
        return SelectionSetNode(selections=(*node.selections, name))


def rows_of(value: Any) -> int:
    """Returns the number of objects in a response, without connections, edges and page infos."""
    if isinstance(value, list):
        return sum(map(rows_of, value))
    if not isinstance(value, dict):
        return 0
    kind = value.get("_type", "Query")
    held = kind.endswith(("Connection", "Edge")) or kind in {"PageInfo", "Query"}
    return (not held) + sum(map(rows_of, value.values()))


@pytest.mark.parametrize("seed", range(2))
async def test_no_response_has_more_rows_than_its_cost(engines: Engines, seed: int) -> None:
    author, counted = Author(seed, engines.world.ids), []
    viewer = engines.world.viewers["owner"]
    pool = engines.services.database.engines.plans
    lengths = dict(await ViewerLengths(pool).of(viewer.id))
    for _ in range(OPERATIONS):
        operation = author.operation()
        query = print_ast(visit(parse(operation.query), Typed()))
        context = Context(engines.services, viewer)
        response = await engines.plans.run(
            Request(query, None, operation.variables), context, queries_only=True
        )
        await context.close()
        data = orjson.loads(response.content()).get("data")
        author.learn(operation, data or {})
        paid = estimate(operation.query, lengths, **operation.variables).total
        counted.append((rows_of(data) * ROW, paid, operation.query))
    assert [each for each in counted if each[0] > each[1]] == []
    assert sum(rows for rows, *_ in counted) > OPERATIONS / 2, "operations that find nothing show nothing"
