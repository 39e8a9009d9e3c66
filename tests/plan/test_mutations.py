"""Planned mutations: they run once, and their payloads are read by plan."""

from collections.abc import Sequence

import orjson
import pytest
from starlette.applications import Starlette

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.prepared import Query
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.schema import schema
from tests.plan.engines import Engines
from tests.support.client import Api
from tests.support.comparing import ComparingEngine
from tests.support.factories import Factories
from tests.support.statements import recorded

ADD = """mutation ($input: AddToWatchlistInput!) { added: addToWatchlist(input: $input) {
    __typename entry { id status rating version user { name } mediaItem { title } }
    errors { __typename code path ... on ConflictError { existing { __typename ... on Node { id } } } } } }"""
UPDATE = """mutation ($input: UpdateWatchlistEntryInput!) { updateWatchlistEntry(input: $input) {
    entry { id status rating version } errors { code path } } }"""


@pytest.fixture
def engine(app: Starlette) -> Engine:
    """The application's engine."""
    found: Engine = app.state.engine
    return found


async def run(
    engine: Engine, services: Services, user_id: str, query: str, **variables: object
) -> OperationResult:
    """Runs an operation as a signed-in user and returns the result."""
    token = services.tokens.access_token(user_id=user_id, session_id="se" + "0" * 25, is_staff=False)
    context = Context(services, services.tokens.verify(token.text))
    try:
        return await engine.run(Request(query, None, variables), context, queries_only=False)
    finally:
        await context.close()


async def test_a_mutation_is_planned(engine: Engine, services: Services, make: Factories) -> None:
    ann, item = await make.user(), await make.media("Heat")
    response = await run(
        engine, services, ann.id, ADD, input={"media": {"id": item.id}, "status": "WATCHING", "rating": 8}
    )
    assert response.json is not None
    added = orjson.loads(response.json)["data"]["added"]
    assert added["entry"].pop("id").startswith("we")
    assert added == {
        "__typename": "AddToWatchlistPayload",
        "entry": {
            "status": "WATCHING",
            "rating": 8,
            "version": 1,
            "user": {"name": ""},
            "mediaItem": {"title": "Heat"},
        },
        "errors": [],
    }


async def test_the_viewer_of_a_payload_is_read_by_plan(
    engine: Engine, services: Services, make: Factories
) -> None:
    ann = await make.user("Ann")
    query = 'mutation { updateProfile(input: {name: "Anna"}) { viewer { email user { name } } } }'
    response = await run(engine, services, ann.id, query)
    shown = {"email": ann.email, "user": {"name": "Anna"}}
    assert orjson.loads(response.json or b"{}") == {"data": {"updateProfile": {"viewer": shown}}}
    assert engine._planner is not None
    assert engine._planner.fallbacks == 0


async def test_frequent_mutations_need_one_statement_and_no_session(
    engine: Engine, services: Services, make: Factories
) -> None:
    ann, item = await make.user(), await make.media()
    engine = Engine(schema, introspection=True, planner=engine._planner)
    with recorded(services.database) as sent:
        response = await run(engine, services, ann.id, ADD, input={"media": {"id": item.id}})
        entry = orjson.loads(response.content())["data"]["added"]["entry"]
        response = await run(engine, services, ann.id, UPDATE, input={"id": entry["id"], "rating": 3})
    assert orjson.loads(response.content())["data"]["updateWatchlistEntry"]["entry"]["version"] == 2
    assert sent == []


async def test_the_objects_around_an_entry_are_read_by_plan(
    engine: Engine, services: Services, make: Factories
) -> None:
    ann, item = await make.user(), await make.media()
    engine = Engine(schema, introspection=True, planner=engine._planner)
    around = "viewer { watchlistStats { total } } mediaItem { viewerEntry { rating } entries { totalCount } }"
    add, update = ADD.replace("__typename", around, 1), UPDATE.replace("entry {", f"{around} entry {{", 1)
    with recorded(services.database) as sent:
        given = {"media": {"id": item.id}, "rating": 8}
        response = await run(engine, services, ann.id, add, input=given)
        added = orjson.loads(response.json or b"")["data"]["added"]
        given = {"id": added["entry"]["id"], "rating": 3}
        response = await run(engine, services, ann.id, update, input=given)
        updated = orjson.loads(response.json or b"")["data"]["updateWatchlistEntry"]
    assert sent == []
    for payload, rating in ((added, 8), (updated, 3)):
        assert payload["viewer"] == {"watchlistStats": {"total": 1}}
        assert payload["mediaItem"] == {"viewerEntry": {"rating": rating}, "entries": {"totalCount": 1}}
    assert engine._planner is not None
    assert engine._planner.fallbacks == 0


async def test_a_rejected_mutation_runs_once_and_returns_user_errors(api: Api, make: Factories) -> None:
    ann, item = await make.user(), await make.media()
    variables = {"input": {"media": {"id": item.id}}}
    first = await api.as_(ann).data(ADD, **variables)
    again = await api.as_(ann).data(ADD, **variables)
    assert again == {
        "__typename": "AddToWatchlistPayload",
        "entry": None,
        "errors": [
            {
                "__typename": "ConflictError",
                "code": "ALREADY_EXISTS",
                "path": ["input", "media"],
                "existing": {"__typename": "WatchlistEntry", "id": first["entry"]["id"]},
            }
        ],
    }


async def test_several_mutations_run_serially_and_return_their_own_state(api: Api, make: Factories) -> None:
    ann, item = await make.user(), await make.media()
    entry = await make.entry(ann, item)
    payload = "{ entry { rating version } errors { code } }"
    found = await api.as_(ann).data(
        f"""mutation ($id: ID!) {{
        a: updateWatchlistEntry(input: {{id: $id, rating: 1}}) {payload}
        b: updateWatchlistEntry(input: {{id: $id, rating: 11}}) {payload}
        c: updateWatchlistEntry(input: {{id: $id, rating: 2}}) {payload} }}""",
        id=entry.id,
    )
    assert found == {
        "a": {"entry": {"rating": 1, "version": 2}, "errors": []},
        "b": {"entry": None, "errors": [{"code": "OUT_OF_RANGE"}]},
        "c": {"entry": {"rating": 2, "version": 3}, "errors": []},
    }


async def test_a_skipped_mutation_changes_nothing(api: Api, make: Factories) -> None:
    ann = await make.user()
    query = "mutation ($skip: Boolean!) { signOut @skip(if: $skip) { ok } }"
    assert await api.as_(ann).result(query, skip=True) == {"data": {}}


async def test_the_loaders_complete_the_response_if_the_payloads_plan_fails(
    services: Services, engine: Engine, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(self: AsyncpgPool, queries: Sequence[Query]) -> list[bytes | None]:
        raise ConnectionError

    ann = await make.user()
    entry = await make.entry(ann)
    assert isinstance(engine, ComparingEngine)
    engine.faults_expected = True
    monkeypatch.setattr(AsyncpgPool, "read_all", cut_off)
    response = await run(engine, services, ann.id, UPDATE, input={"id": entry.id, "rating": 3})
    assert response.json is None
    assert response.body["data"]["updateWatchlistEntry"]["entry"]["version"] == 2
    assert "errors" not in response.body


async def test_rows_of_a_partly_planned_operation_are_read_by_plan(engines: Engines) -> None:
    query = """{ serverInfo { registration } viewer { name watchlist(first: 2) { totalCount } }
        nobody: node(id: "us0000000000000000000000000") { id }
        discoverMedia(first: 2) { nodes { __typename title } } }"""
    with recorded(engines.services.database) as sent:
        context = Context(engines.services, engines.world.viewers["owner"])
        response = await engines.plans.run(Request(query), context, queries_only=True)
        await context.close()
    assert response.json is None
    assert sent == []
    both = await engines.both(query, {}, engines.world.viewers["owner"])
    assert both.same


async def test_a_database_failure_is_an_error_of_its_field(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(self: AsyncpgPool, queries: Sequence[Query]) -> list[bytes | None]:
        raise ConnectionError

    monkeypatch.setattr(AsyncpgPool, "read_all", cut_off)
    context = Context(engines.services, engines.world.viewers["owner"])
    nullable = await engines.plans.run(
        Request("{ me: viewer { email } __typename }"), context, queries_only=True
    )
    needed = await engines.plans.run(
        Request('{ viewer { email } nodes(ids: ["us%s"]) { id } }' % ("0" * 25)), context, queries_only=True
    )
    await context.close()
    assert nullable.body.get("data") == {"me": None, "__typename": "Query"}
    (error,) = nullable.body["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["me"], "SERVICE_UNAVAILABLE")
    assert needed.body["data"] is None
    assert len({error["extensions"]["incident"] for error in needed.body["errors"]}) == 1


async def test_the_application_under_test_compares_both_engines(engine: Engine) -> None:
    assert isinstance(engine, ComparingEngine)
