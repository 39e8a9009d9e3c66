"""A crash before any statement of any mutation changes nothing, and a retry gives the full result."""

import itertools
from dataclasses import replace
from typing import Any

import asyncpg

from infocus_graphql.graph.context import Services
from infocus_graphql.graph.declarations import returns_secret
from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.schema import schema
from tests.api.payloads import account_cases
from tests.api.payloads.anonymous_cases import ANONYMOUS
from tests.api.payloads.cases import CASES
from tests.api.sessions.conftest import Clock
from tests.support.client import Api
from tests.support.crashes import contents, crashing
from tests.support.factories import Factories
from tests.support.payloads import PAYLOADS
from tests.support.server import Server

mutations: Any = core_schema(schema).mutation_type
assert account_cases  # registers its cases
_ALL = {**CASES, **ANONYMOUS}
# What the client can't see after the change: it is no member of the family, or isn't signed in.
_HIDDEN = {"declineFamilyInvitation": {"family"}, "confirmEmailChange": {"viewer"}}


def _document(name: str) -> str:
    fields = " ".join(
        each if each == "deletedId" else f"{each} {{ __typename }}" for each in PAYLOADS[name].split()
    )
    kind = str(mutations.fields[name].args["input"].type).removesuffix("!")
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {fields} errors {{ code path }} }} }}"


async def test_a_crash_at_any_statement_changes_nothing_and_a_retry_gives_the_full_result(
    api: Api, services: Services, make: Factories, clock: Clock, server: Server, database_url: str
) -> None:
    assert set(_ALL) == set(mutations.fields)
    connection = await server.connect(database_url)
    crashes = {name: await _crashed(name, api, services, make, connection) for name in _ALL}
    # Without a key they are a single statement in autocommit.
    for name in ("addToWatchlist", "updateWatchlistEntry"):
        assert await _crashed(name, api, services, make, connection, with_key=False) == 1
    await connection.close()
    assert all(number >= 2 for number in crashes.values()), crashes  # a statement, and the commit


async def _crashed(
    name: str,
    api: Api,
    services: Services,
    make: Factories,
    connection: asyncpg.Connection,
    *,
    with_key: bool = True,
) -> int:
    """Crashes a mutation before each of its statements; how many it had."""
    case = await _ALL[name](api, make)
    keyed = with_key and name in CASES and not returns_secret(mutations.fields[name].type.of_type)
    if keyed:
        client = replace(case.client, headers={**case.client.headers, "Idempotency-Key": f"key-{name}"})
        case = replace(case, client=client)
    before = await contents(connection)
    for number in itertools.count(1):
        with crashing(services.database, before=number) as crash:
            response = await case.client.post(_document(name), input=case.input)
        if not crash.happened:
            break
        codes = [error["extensions"]["code"] for error in response.json()["errors"]]
        assert codes == ["SERVICE_UNAVAILABLE"], (name, number, response.text)
        assert await contents(connection) == before, (name, number)
    payload = response.json()["data"][name]
    assert payload["errors"] == [], (name, payload)
    assert {each for each, value in payload.items() if value is None} == _HIDDEN.get(name, set()), (
        name,
        payload,
    )
    assert await contents(connection) != before, name
    if keyed:
        assert (await case.client.post(_document(name), input=case.input)).content == response.content
    return number - 1
