"""Errors of operations: client errors are returned in full, internal errors are masked."""

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import strawberry
from starlette.applications import Starlette
from structlog.testing import capture_logs

from infocus_graphql.core.viewer import ANONYMOUS, Viewer
from infocus_graphql.graph.context import Context, ResponseMetadata, Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.loaders import Loader
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.schema import schema
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

NUL = "\0"
TYPES = "query ($types: [MediaType!]) { discoverMedia(filter: {types: $types}) { totalCount } }"
IDS = "query ($ids: [ID!] = []) { nodes(ids: $ids) { id } }"
AFTER = "query ($day: Date) { discoverMedia(filter: {releasedSince: $day}) { totalCount } }"
REF = "query ($ref: MediaRef!) { mediaItem(ref: $ref) { id } }"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { email } ", "GRAPHQL_PARSE_FAILED"),
        ("{ a " * 3000, "GRAPHQL_PARSE_FAILED"),
        ("a " * 3000, "GRAPHQL_PARSE_FAILED"),
        ("{" + " a" * 3000 + " }", "TOKEN_LIMIT_EXCEEDED"),
        ("{a" * 900 + "}" * 900, "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { user { email } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { viewer { email } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { viewerEvents { id } }", "SUBSCRIPTIONS_NOT_SUPPORTED"),
        ("query ($x: Nonsense) { viewer { email } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ discoverMedia(first: 99999999999) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ discoverMedia(first: %s) { totalCount } }" % ("9" * 5000), "GRAPHQL_VALIDATION_FAILED"),
        ('{ mediaItem(ref: {id: "x", tmdb: {id: 1, type: TV}}) { id } }', "GRAPHQL_VALIDATION_FAILED"),
        ("{ mediaItem(ref: {}) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment Some on User { id }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A { serverInfo { version } } query B { serverInfo { version } }",
            "OPERATION_RESOLUTION_FAILURE",
        ),
        ('{ node(id: "a\\u0000b") { id } }', "BAD_USER_INPUT"),
        ("{ discoverMedia(filter: {ratedAtLeast: 1e999}) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_an_invalid_document_is_a_request_error(api: Api, query: str, code: str) -> None:
    result = await api.result(query)
    assert "data" not in result
    assert code in {error["extensions"]["code"] for error in result["errors"]}
    assert "INTERNAL" not in str(result)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (TYPES, {"types": ["CARTOON"]}),
        (TYPES, {"types": [None]}),
        (TYPES, {"types": {"a": 1}}),
        (IDS, {"ids": [1.5]}),
        (AFTER, {"day": 5}),
        (AFTER, {"day": "2026-02-30"}),
        (AFTER, {"day": "20260203"}),
        (REF, {"ref": {}}),
        (REF, {"ref": {"id": None}}),
        (REF, {"ref": {"id": "x", "tmdb": {"id": 1, "type": "TV"}}}),
        (REF, {}),
        (REF, {"ref": {"id": f"a{NUL}b"}}),
        (TYPES, {"types": [f"MOVIE{NUL}"]}),
        ("query ($n: Int) { discoverMedia(first: $n) { totalCount } }", {"n": 2**31}),
        ("query ($n: Int) { discoverMedia(first: $n) { totalCount } }", {"n": "5"}),
    ],
)
async def test_invalid_variables_are_a_request_error(api: Api, query: str, variables: dict[str, Any]) -> None:
    result = await api.result(query, **variables)
    assert "data" not in result
    assert {error["extensions"]["code"] for error in result["errors"]} == {"BAD_USER_INPUT"}


async def test_an_argument_found_invalid_at_run_time_is_bad_input(api: Api) -> None:
    result = await api.result(IDS, ids=None)
    (error,) = result["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["nodes"])


async def test_an_operation_is_selected_by_its_name(api: Api) -> None:
    document = "query A { serverInfo { version } } query B { serverInfo { registration } }"
    for name, key in (("A", "version"), ("B", "registration")):
        response = await api.http.post("/graphql", json={"query": document, "operationName": name})
        assert list(response.json()["data"]["serverInfo"]) == [key]
    response = await api.http.post("/graphql", json={"query": document, "operationName": "C"})
    assert response.json()["errors"][0]["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


async def run(engine: Engine, query: str, viewer: Viewer = ANONYMOUS) -> OperationResult:
    """Runs a query that needs no context, and returns the result."""
    services = SimpleNamespace(rates=SimpleNamespace(on=False))
    context = SimpleNamespace(viewer=viewer, services=services, response=ResponseMetadata(), compiled=False)
    return await engine.run(Request(query), context, queries_only=False)  # type: ignore[arg-type]  # a fake context


async def test_introspection_needs_permission() -> None:
    question = "{ __schema { queryType { name } } }"
    assert (await run(Engine(schema, introspection=True), question)).body["data"]
    refused = await run(Engine(schema, introspection=False), question)
    assert (refused.executed, refused.body["errors"][0]["extensions"]["code"]) == (
        False,
        "GRAPHQL_VALIDATION_FAILED",
    )
    staff = Viewer(id="us" + "0" * 25, is_staff=True)
    assert (await run(Engine(schema, introspection=False), question, staff)).body["data"]
    typename = await run(Engine(schema, introspection=False), "{ __typename }")
    assert typename.body == {"data": {"__typename": "Query"}}, "names of types are no introspection"


def engine_of(resolve: Callable[[], Any]) -> Engine:
    """Returns an engine whose numbers are resolved by `resolve`."""

    @strawberry.type
    class Item:
        @strawberry.field
        async def number(self) -> int:
            found: int = await resolve()
            return found

        @strawberry.field
        async def maybe(self) -> int | None:
            found: int = await resolve()
            return found

    @strawberry.type
    class Query:
        @strawberry.field
        def items(self) -> list[Item | None]:
            return [Item(), Item(), Item()]

    return Engine(strawberry.Schema(Query), introspection=False)


async def test_an_unexpected_error_is_masked_and_logged_with_its_incident() -> None:
    async def broken() -> int:
        raise RuntimeError("the password is 4711")

    with capture_logs() as logs:
        found = await run(engine_of(broken), "{ items { number } }")
    assert found.body["data"] == {"items": [None, None, None]}
    assert "4711" not in str(found.body)
    incidents = [error["extensions"]["incident"] for error in found.body["errors"]]
    assert [error["path"] for error in found.body["errors"]] == [
        ["items", index, "number"] for index in range(3)
    ]
    assert {error["extensions"]["code"] for error in found.body["errors"]} == {"INTERNAL"}
    assert [line["incident"] for line in logs] == incidents
    assert len(set(incidents)) == 3, "three errors, three incidents"


async def test_a_failed_batch_is_one_incident_logged_once() -> None:
    async def load(keys: list[str]) -> list[int]:
        raise RuntimeError("the database is gone")

    loader: Loader[int] = Loader(load)
    keys = iter("abc")
    with capture_logs() as logs:
        found = await run(engine_of(lambda: loader.load(next(keys))), "{ items { number } }")
    incidents = {error["extensions"]["incident"] for error in found.body["errors"]}
    assert len(found.body["errors"]) == 3
    assert [line["incident"] for line in logs] == list(incidents)


@pytest.mark.parametrize("value", ["text", 2**40, 1.5])
async def test_a_result_of_the_wrong_type_is_an_internal_error(value: Any) -> None:
    async def wrong() -> Any:
        return value

    found = await run(engine_of(wrong), "{ items { maybe } }")
    assert {error["extensions"]["code"] for error in found.body["errors"]} == {"INTERNAL"}


async def test_a_failing_field_does_not_affect_another_waiting_for_the_same_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two branches wait for one key of a loader, and one of them is cancelled because its sibling failed."""
    go = asyncio.Event()

    async def load(keys: list[str]) -> list[int]:
        await go.wait()
        return [7 for _ in keys]

    loader: Loader[int] = Loader(load)

    @strawberry.type
    class Branch:
        fails: strawberry.Private[bool]

        @strawberry.field
        async def shared(self) -> int:
            return await loader.load("key")

        @strawberry.field
        async def sibling(self) -> int:
            for _ in range(5 if self.fails else 50):  # until all branches wait and one has failed
                await asyncio.sleep(0)
            if self.fails:
                raise RuntimeError("broken")
            go.set()
            return 1

    @strawberry.type
    class Query:
        @strawberry.field
        def branch(self, fails: bool) -> Branch | None:
            return Branch(fails=fails)

    engine = Engine(strawberry.Schema(Query), introspection=False)
    query = "{ a: branch(fails: true) { shared sibling } b: branch(fails: false) { shared sibling } }"
    with caplog.at_level(logging.CRITICAL):
        found = await asyncio.wait_for(run(engine, query), 5)
    assert found.body["data"] == {"a": None, "b": {"shared": 7, "sibling": 1}}


@pytest.mark.parametrize("planned", [True, False])
async def test_a_database_failure_is_an_internal_error_in_both_engines(
    app: Starlette, services: Services, server: Server, database_url: str, planned: bool
) -> None:
    connection = await server.connect(database_url)
    await connection.execute("ALTER TABLE media_items RENAME COLUMN title TO hush")
    await connection.close()
    engine: Engine = app.state.engine if planned else Engine(schema, introspection=False)
    context = Context(services, ANONYMOUS)
    with capture_logs() as logs:
        found = await engine.run(Request("{ discoverMedia { nodes { title } } }"), context, queries_only=True)
    await context.close()
    (error,), (line,) = orjson.loads(found.content())["errors"], logs
    assert (error["extensions"]["code"], error["extensions"]["incident"]) == ("INTERNAL", line["incident"])
    assert (found.executed, orjson.loads(found.content())["data"]) == (True, {"discoverMedia": None})


async def test_mutations_of_one_operation_run_serially_and_see_earlier_ones(
    api: Api, make: Factories
) -> None:
    ann = await make.user()
    entry = await make.entry(ann, rating=1)
    query = """mutation ($id: ID!) {
        a: updateWatchlistEntry(input: {id: $id, rating: 2}) { ...Changed }
        b: updateWatchlistEntry(input: {id: $id, rating: 3}) { ...Changed }
        c: updateWatchlistEntry(input: {id: $id, rating: 4, expectedVersion: 1}) { ...Changed }
        d: updateWatchlistEntry(input: {id: $id, rating: 5, expectedVersion: 3}) { ...Changed }
    }
    fragment Changed on UpdateWatchlistEntryPayload {
        entry { rating version }
        errors { code ... on ConflictError { existing { ... on WatchlistEntry { version } } } }
    }"""
    result = await api.as_(ann).data(query, id=entry.id)
    assert [result[key]["entry"] for key in "abd"] == [
        {"rating": 2, "version": 2},
        {"rating": 3, "version": 3},
        {"rating": 5, "version": 4},
    ]
    assert result["c"] == {"entry": None, "errors": [{"code": "STALE_VERSION", "existing": {"version": 3}}]}


async def test_a_rejected_mutation_does_not_affect_the_others(api: Api, make: Factories) -> None:
    ann = await make.user()
    result = await api.as_(ann).data(
        """mutation {
            a: createFamily(input: {name: "One"}) { family { name } }
            b: createFamily(input: {name: " "}) { family { name } errors { code path } }
            c: createFamily(input: {name: "Two"}) { family { name members { totalCount } } }
        }"""
    )
    assert result == {
        "a": {"family": {"name": "One"}},
        "b": {"family": None, "errors": [{"code": "REQUIRED", "path": ["input", "name"]}]},
        "c": {"family": {"name": "Two", "members": {"totalCount": 1}}},
    }


async def test_at_most_fifty_errors_in_variables_are_reported(api: Api) -> None:
    query = "query ($filter: MediaItemFilter) { discoverMedia(filter: $filter) { totalCount } }"
    body = {"query": query, "variables": {"filter": {f"x{n}": 1 for n in range(4_400)}}}
    result = (await api.http.post("/graphql", json=body)).json()
    assert len(result["errors"]) == 50
    assert {error["extensions"]["code"] for error in result["errors"]} == {"BAD_USER_INPUT"}
