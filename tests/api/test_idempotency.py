"""Mutations with an `Idempotency-Key` run once, even if retried on other workers."""

import asyncio
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from graphql import get_named_type

from infocus_graphql.app import create_app
from infocus_graphql.db.prepared import Query
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.declarations import returns_secret
from infocus_graphql.graph.idempotency import deserialize_payload, serialize_payload
from infocus_graphql.graph.strawberry_internals import StrawberryOptional, core_schema, strawberry_field
from infocus_graphql.schema import schema
from infocus_graphql.settings import Settings
from tests.api.passkeys.people import NOT_GOOD, asked, with_passkey
from tests.api.sessions.devices import count
from tests.http.conftest import client_of
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

CREATE = (
    "mutation ($name: String!) { createFamily(input: {name: $name}) { family { id name } errors { code } } }"
)
RENAME = (
    "mutation ($id: ID!, $name: String) { updateFamily(input: {id: $id, name: $name}) { family { name } } }"
)


graphql_schema: Any = core_schema(schema)
SAMPLES: dict[str, Any] = {
    "id": "x1",
    "ok": True,
    "ids": ["re1", "re2"],
    "refused_items": [["NOT_FOUND", "There is none.", ["items", "0", "id"], None, None, None]],
    "scheduled_for": datetime(2024, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC),
    "expires_at": datetime(2024, 5, 1, tzinfo=UTC),
    "options": {"challenge": "x", "hints": ["a"]},
}


def keyed(api: Api, key: str) -> Api:
    """Returns a client that sends this key."""
    return replace(api, headers={**api.headers, "Idempotency-Key": key})


async def families(api: Api) -> list[str]:
    """Returns the names of the viewer's families."""
    found = await api.data("{ viewer { families { nodes { name } } } }")
    return [each["name"] for each in found["families"]["nodes"]]


def code(response: dict[str, Any]) -> str:
    """Returns the code of the first error."""
    found: str = response["errors"][0]["extensions"]["code"]
    return found


async def test_a_retry_gets_the_first_response_and_changes_nothing(api: Api, make: Factories) -> None:
    mine = api.as_(await make.user())
    first = await keyed(mine, "k1").post(CREATE, name="Ours")
    family = first.json()["data"]["createFamily"]["family"]
    await mine.data(RENAME, id=family["id"], name="Renamed")
    again = await keyed(mine, "k1").post(CREATE, name="Ours")
    assert again.content == first.content
    assert await families(mine) == ["Renamed"]
    assert (await keyed(mine, "k2").post(CREATE, name="Ours")).json()["data"]["createFamily"]["family"]
    assert sorted(await families(mine)) == ["Ours", "Renamed"]


async def test_a_key_belongs_to_a_user_a_mutation_and_its_input(api: Api, make: Factories) -> None:
    mine, other = api.as_(await make.user()), api.as_(await make.user())
    created = await keyed(mine, "k").data(CREATE, name="Ours")
    assert code(await keyed(mine, "k").result(CREATE, name="Others")) == "IDEMPOTENCY_CONFLICT"
    assert code(await keyed(mine, "k").result(CREATE + " ", name="Ours")) == "IDEMPOTENCY_CONFLICT"
    assert (await keyed(other, "k").data(CREATE, name="Theirs"))["family"]
    renamed = await keyed(mine, "k").data(RENAME, id=created["family"]["id"], name="New")
    assert renamed["family"]["name"] == "New"
    assert (await families(mine), await families(other)) == (["New"], ["Theirs"])


async def test_a_rejected_mutation_can_be_retried(api: Api, make: Factories) -> None:
    mine = keyed(api.as_(await make.user()), "k")
    for _ in range(2):
        assert (await mine.data(CREATE, name=""))["errors"][0]["code"] == "REQUIRED"
    assert (await mine.data(CREATE, name="Ours"))["family"]["name"] == "Ours"


async def test_a_refusal_that_leaves_a_trace_gives_the_key_back(
    api: Api, make: Factories, services: Services
) -> None:
    client, device, _ = await with_passkey(api, await make.user())
    _, another, _ = await with_passkey(api, await make.user())
    options = await asked(client, "startPasskeyVerification")
    wrong, right = another.get(options), device.get(options)
    for _ in range(2):
        assert await keyed(client, "k").refused("verifyPasskey", {"credential": wrong}) == NOT_GOOD
    assert await count(services, "idempotency_records", "passkey_challenges") == [0, 0]
    assert await keyed(client, "k").refused("verifyPasskey", {"credential": right}) == NOT_GOOD  # spent
    again = device.get(await asked(client, "startPasskeyVerification"))
    assert (await keyed(client, "k").change("verifyPasskey", {"credential": again}))["errors"] == []


async def test_of_concurrent_requests_on_two_workers_one_runs(
    api: Api, make: Factories, settings: Settings, database_url: str
) -> None:
    mine = api.as_(await make.user())
    other = create_app(settings, database_url=database_url)
    async with other.router.lifespan_context(other), client_of(other) as second:
        body = {"query": CREATE, "variables": {"name": "Ours"}}
        headers = {**mine.headers, "Idempotency-Key": "k"}
        clients: list[httpx.AsyncClient] = [mine.http, second] * 4
        responses = await asyncio.gather(
            *(http.post("/graphql", json=body, headers=headers) for http in clients)
        )
    assert len({response.content for response in responses}) == 1
    assert responses[0].json()["data"]["createFamily"]["family"]["name"] == "Ours"
    assert await families(mine) == ["Ours"]


async def test_a_retry_gets_the_response_that_an_outage_kept_from_being_stored(
    api: Api, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = api.as_(await make.user())
    pool = api.services.database.engines.changes
    write_once = pool.write_once
    cuts = []

    async def cut(query: Query) -> Any:
        if "SET response" in query[0]:
            cuts.append(query)
            raise ConnectionResetError
        return await write_once(query)

    monkeypatch.setattr(pool, "write_once", cut)
    monkeypatch.setattr("infocus_graphql.graph.idempotency._WAIT_SECONDS", 0.01)
    first = await keyed(mine, "k").post(CREATE, name="Ours")
    assert first.json()["data"]["createFamily"]["family"]
    assert cuts
    for _ in range(2):
        assert (await keyed(mine, "k").post(CREATE, name="Ours")).content == first.content
        monkeypatch.undo()
        monkeypatch.setattr("infocus_graphql.graph.idempotency._WAIT_SECONDS", 0.01)
    await mine.data(RENAME, id=first.json()["data"]["createFamily"]["family"]["id"], name="Renamed")
    assert (await keyed(mine, "k").post(CREATE, name="Ours")).content == first.content, "it is stored by now"
    assert await families(mine) == ["Renamed"]


def test_every_payload_of_a_mutation_that_accepts_a_key_can_be_stored() -> None:
    tried = 0
    for name, definition in graphql_schema.mutation_type.fields.items():
        kind = strawberry_field(definition)
        assert kind is not None
        payload: Any = kind.type
        if isinstance(payload, StrawberryOptional):
            payload = payload.of_type
        values = {each.name: SAMPLES.get(each.name, SAMPLES["id"]) for each in fields(payload) if each.init}
        values |= {"errors": [], "rows": {"family": "fa1", "viewer": None}}
        made = payload(**values)
        if returns_secret(get_named_type(definition.type)):
            continue
        assert deserialize_payload(payload, serialize_payload(made)) == made, name
        tried += 1
    assert tried > 20


async def test_a_key_can_be_reused_after_a_day(
    api: Api, make: Factories, server: Server, database_url: str
) -> None:
    mine = api.as_(await make.user())
    connection: asyncpg.Connection = await server.connect(database_url)
    for _ in range(2):
        assert (await keyed(mine, "k").data(CREATE, name="Ours"))["family"]
        await connection.execute(
            "UPDATE idempotency_records SET created_at = created_at - interval '169 hours'"
        )
    assert await families(mine) == ["Ours", "Ours"]
    assert (await keyed(mine, "k2").data(CREATE, name="Ours"))["family"]
    assert await connection.fetchval("SELECT array_agg(key) FROM idempotency_records") == ["k2"]
    await connection.close()


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\u00e9"])
async def test_a_key_must_be_short_visible_ascii(api: Api, make: Factories, key: str) -> None:
    mine = api.as_(await make.user())
    headers = [*mine.headers.items(), ("Idempotency-Key", key.encode("latin-1"))]
    body = {"query": CREATE, "variables": {"name": "Ours"}}
    response = await mine.http.post("/graphql", json=body, headers=headers)  # type: ignore[arg-type]  # bytes too
    assert code(response.json()) == "BAD_REQUEST"
    assert await families(mine) == []


async def test_a_key_needs_a_single_mutation_without_secrets(api: Api, make: Factories) -> None:
    mine = keyed(api.as_(await make.user()), "k")
    one = 'createFamily(input: {name: "A"}) { errors { code } }'
    two = f"mutation {{ a: {one} b: {one} }}"
    assert code(await mine.result(two)) == "BAD_REQUEST"
    assert code(await mine.result("mutation { __typename }")) == "BAD_REQUEST"
    assert code(await mine.result("mutation { name: __typename }")) == "BAD_REQUEST"
    invite = 'mutation { inviteToFamily(input: {familyId: "x", email: "a@x.org"}) { token } }'
    assert code(await mine.result(invite)) == "IDEMPOTENCY_NOT_SUPPORTED"
    assert (await mine.data("{ viewer { email } }"))["email"], "queries do not mind a key"
    assert await families(mine) == []


async def test_a_request_with_two_keys_is_rejected(api: Api, make: Factories) -> None:
    mine = api.as_(await make.user())
    headers = [*mine.headers.items(), ("Idempotency-Key", "k1"), ("Idempotency-Key", "k2")]
    body = {"query": CREATE, "variables": {"name": "Ours"}}
    response = await mine.http.post("/graphql", json=body, headers=headers)
    assert response.status_code == 400
    assert code(response.json()) == "BAD_REQUEST"
    assert await families(mine) == []
