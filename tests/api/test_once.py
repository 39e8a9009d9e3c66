"""Mutations with an Idempotency-Key: done once, however often they are sent, on whichever worker."""

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest

from infocus_graphql.app import create_app
from infocus_graphql.core.settings import Settings
from infocus_graphql.db.raw import RawPool
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


def keyed(api: Api, key: str) -> Api:
    """The same client, whose requests have this key."""
    return replace(api, headers={**api.headers, "Idempotency-Key": key})


async def families(api: Api) -> list[str]:
    """The names of the viewer's families."""
    found = await api.data("{ viewer { families { nodes { family { name } } } } }")
    return [each["family"]["name"] for each in found["families"]["nodes"]]


def code(answer: dict[str, Any]) -> str:
    """The code of the first error."""
    found: str = answer["errors"][0]["extensions"]["code"]
    return found


async def test_a_retry_gets_the_first_answer_and_does_nothing(api: Api, make: Factories) -> None:
    mine = api.as_(await make.user())
    first = await keyed(mine, "k1").post(CREATE, name="Ours")
    family = first.json()["data"]["createFamily"]["family"]
    await mine.data(RENAME, id=family["id"], name="Renamed")
    again = await keyed(mine, "k1").post(CREATE, name="Ours")
    assert again.content == first.content
    assert await families(mine) == ["Renamed"]
    assert (await keyed(mine, "k2").post(CREATE, name="Ours")).json()["data"]["createFamily"]["family"]
    assert sorted(await families(mine)) == ["Ours", "Renamed"]


async def test_a_key_belongs_to_a_person_a_mutation_and_its_input(api: Api, make: Factories) -> None:
    mine, other = api.as_(await make.user()), api.as_(await make.user())
    created = await keyed(mine, "k").data(CREATE, name="Ours")
    assert code(await keyed(mine, "k").result(CREATE, name="Others")) == "IDEMPOTENCY_CONFLICT"
    assert code(await keyed(mine, "k").result(CREATE + " ", name="Ours")) == "IDEMPOTENCY_CONFLICT"
    assert (await keyed(other, "k").data(CREATE, name="Theirs"))["family"]
    renamed = await keyed(mine, "k").data(RENAME, id=created["family"]["id"], name="New")
    assert renamed["family"]["name"] == "New"
    assert (await families(mine), await families(other)) == (["New"], ["Theirs"])


async def test_what_was_refused_can_be_tried_again(api: Api, make: Factories) -> None:
    mine = keyed(api.as_(await make.user()), "k")
    for _ in range(2):
        assert (await mine.data(CREATE, name=""))["errors"][0]["code"] == "REQUIRED"
    assert (await mine.data(CREATE, name="Ours"))["family"]["name"] == "Ours"


async def test_of_many_at_once_on_two_workers_one_is_done(
    api: Api, make: Factories, settings: Settings, database_url: str
) -> None:
    mine = api.as_(await make.user())
    other = create_app(settings, database_url=database_url)
    async with other.router.lifespan_context(other), client_of(other) as second:
        body = {"query": CREATE, "variables": {"name": "Ours"}}
        headers = {**mine.headers, "Idempotency-Key": "k"}
        clients: list[httpx.AsyncClient] = [mine.http, second] * 4
        answers = await asyncio.gather(
            *(http.post("/graphql", json=body, headers=headers) for http in clients)
        )
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["data"]["createFamily"]["family"]["name"] == "Ours"
    assert await families(mine) == ["Ours"]


async def test_an_answer_that_could_not_be_kept_is_told_to_be_lost_and_nothing_is_done_again(
    api: Api, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = api.as_(await make.user())
    fetch = RawPool.fetch_value

    async def cut(self: RawPool, query: Any) -> Any:
        if "SET answer" in query[0]:
            raise ConnectionResetError
        return await fetch(self, query)

    monkeypatch.setattr(RawPool, "fetch_value", cut)
    monkeypatch.setattr("infocus_graphql.graph.once._WAIT_SECONDS", 0.01)
    assert (await keyed(mine, "k").data(CREATE, name="Ours"))["family"]
    assert code(await keyed(mine, "k").result(CREATE, name="Ours")) == "IDEMPOTENCY_ANSWER_LOST"
    assert await families(mine) == ["Ours"]


async def test_a_day_later_the_key_is_free(
    api: Api, make: Factories, server: Server, database_url: str
) -> None:
    mine = api.as_(await make.user())
    connection: asyncpg.Connection = await server.connect(database_url)
    for _ in range(2):
        assert (await keyed(mine, "k").data(CREATE, name="Ours"))["family"]
        await connection.execute(
            "UPDATE idempotent_answers SET created_at = created_at - interval '25 hours'"
        )
    assert await families(mine) == ["Ours", "Ours"]
    assert (await keyed(mine, "k2").data(CREATE, name="Ours"))["family"]
    assert await connection.fetchval("SELECT array_agg(key) FROM idempotent_answers") == ["k2"]
    await connection.close()


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\u00e9"])
async def test_a_key_is_short_and_visible(api: Api, make: Factories, key: str) -> None:
    mine = api.as_(await make.user())
    headers = [*mine.headers.items(), ("Idempotency-Key", key.encode("latin-1"))]
    body = {"query": CREATE, "variables": {"name": "Ours"}}
    answer = await mine.http.post("/graphql", json=body, headers=headers)  # type: ignore[arg-type]  # bytes too
    assert code(answer.json()) == "BAD_REQUEST"
    assert await families(mine) == []


async def test_a_key_goes_with_one_mutation_that_tells_no_secret(api: Api, make: Factories) -> None:
    mine = keyed(api.as_(await make.user()), "k")
    one = 'createFamily(input: {name: "A"}) { errors { code } }'
    two = f"mutation {{ a: {one} b: {one} }}"
    assert code(await mine.result(two)) == "BAD_REQUEST"
    invite = 'mutation { inviteToFamily(input: {familyId: "x", email: "a@x.org"}) { token } }'
    assert code(await mine.result(invite)) == "IDEMPOTENCY_NOT_SUPPORTED"
    assert (await mine.data("{ viewer { email } }"))["email"], "queries do not mind a key"
    assert await families(mine) == []
