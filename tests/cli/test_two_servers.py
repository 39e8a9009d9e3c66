"""Two server processes on one database: changes on one take effect on the other."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest_asyncio

from infocus_graphql.app import make_services
from infocus_graphql.core.clock import now
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.registration.models import EmailPurpose, EmailToken
from infocus_graphql.security.access_tokens import random_token, token_hash
from infocus_graphql.settings import Environment, Settings
from tests.support.factories import Factories
from tests.support.process import KEYS, serving
from tests.support.server import Server

ME = "{ viewer { email } }"
TOKENS = "accessToken refreshToken errors { code }"
PASSWORD = "a passphrase"
SIGN_IN = (
    "mutation ($email: String!, $password: String!) { signIn(input: {email: $email, password: $password, "
    f"useCookie: false}}) {{ {TOKENS} session {{ id }} }} }}"
)
REFRESH = f"mutation ($token: String!) {{ refreshSession(input: {{refreshToken: $token}}) {{ {TOKENS} }} }}"
CREATE = "mutation ($name: String!) { createFamily(input: {name: $name}) { family { id } errors { code } } }"
FAMILIES = "{ viewer { families { nodes { name } } } }"
WITHIN = 1.0
PATIENCE = 15.0  # less than the timeouts of locks and statements


@dataclass(frozen=True)
class Pair:
    """Clients of both servers, and a factory of rows."""

    here: httpx.AsyncClient
    there: httpx.AsyncClient
    make: Factories
    database: asyncpg.Connection

    @property
    def both(self) -> list[httpx.AsyncClient]:
        """Returns both clients four times, for eight concurrent requests."""
        return [self.here, self.there] * 4

    async def signed_in(self, user: User) -> Any:
        """Signs a user in on the first server."""
        found = (await ask(self.here, SIGN_IN, email=user.email, password=PASSWORD))["data"]["signIn"]
        assert found["errors"] == []
        return found

    async def refused(self, token: str) -> None:
        """Asserts that both servers soon reject a token."""
        ended = time.monotonic()
        for client in (self.here, self.there):
            while "errors" not in (response := await ask(client, ME, token)):
                assert time.monotonic() - ended < WITHIN
                await asyncio.sleep(0.02)  # or polling would use up the rate limit
            assert response["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert time.monotonic() - ended < WITHIN


@pytest_asyncio.fixture(scope="module")
async def pair(server: Server, template: str, tmp_path_factory: Any) -> AsyncIterator[Pair]:
    """Two servers with shared rate limits on a new database."""
    url = await server.create_database(template)
    home: Path = tmp_path_factory.mktemp("two-servers")
    settings = Settings(
        _env_file=None, env=Environment.TEST, data_dir=home, argon2_memory_kib=8, argon2_time_cost=1
    )
    services = make_services(settings, url)
    variables = {
        "INFOCUS_DATABASE_URL": url,
        "INFOCUS_JWT_KEYS": KEYS,
        "INFOCUS_ENV": "test",
        "INFOCUS_ARGON2_MEMORY_KIB": "8",
        "INFOCUS_ARGON2_TIME_COST": "1",
        "INFOCUS_RATE_LIMITS": "database",
        # All requests come from one address.
        "INFOCUS_RATE_ANONYMOUS": "100000/m",
        "INFOCUS_RATE_USER": "100/m",
        # The tests hold locks, and the machine may be busy.
        "INFOCUS_LOCK_TIMEOUT_MS": "20000",
        "INFOCUS_STATEMENT_TIMEOUT_MS": "25000",
    }
    with serving(variables, 2) as processes:
        here, there = (httpx.AsyncClient(base_url=each.url, timeout=30) for each in processes)
        database = await server.connect(url)
        async with here, there:
            yield Pair(here, there, Factories(services), database)
        await database.close()
    await services.database.dispose()
    services.passwords.close()
    await server.drop_database(url)


async def ask(
    client: httpx.AsyncClient, query: str, bearer: str = "", key: str = "", **variables: Any
) -> Any:
    """Sends an operation to one server and returns the response."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    if key:
        headers["Idempotency-Key"] = key
    body = {"query": query, "variables": variables}
    return (await client.post("/graphql", json=body, headers=headers)).json()


async def test_concurrent_exchanges_of_one_refresh_token_return_one_successor(pair: Pair) -> None:
    ann = await pair.make.user()
    token = (await pair.signed_in(ann))["refreshToken"]
    for _ in range(3):
        responses = await asyncio.gather(*(ask(each, REFRESH, token=token) for each in pair.both))
        found = [each["data"]["refreshSession"] for each in responses]
        assert [each["errors"] for each in found] == [[]] * 8
        (token,) = {each["refreshToken"] for each in found}
    chain = (
        "SELECT count(*), count(*) FILTER (WHERE revoked_at IS NULL) FROM refresh_tokens WHERE user_id = $1"
    )
    assert tuple(await pair.database.fetchrow(chain, ann.id)) == (4, 1)


async def test_a_sign_out_takes_effect_on_both(pair: Pair) -> None:
    ann = await pair.make.user()
    access = (await pair.signed_in(ann))["accessToken"]
    assert [await ask(each, ME, access) for each in pair.both] == [
        {"data": {"viewer": {"email": ann.email}}}
    ] * 8
    assert (await ask(pair.here, "mutation { signOut { ok } }", access))["data"] == {"signOut": {"ok": True}}
    await pair.refused(access)


async def test_refresh_token_reuse_on_the_other_server_ends_the_session_on_both(pair: Pair) -> None:
    first = await pair.signed_in(await pair.make.user())
    token, access = first["refreshToken"], first["accessToken"]
    for client in (pair.here, pair.there):
        token = (await ask(client, REFRESH, token=token))["data"]["refreshSession"]["refreshToken"]
    stolen = (await ask(pair.there, REFRESH, token=first["refreshToken"]))["data"]["refreshSession"]
    assert stolen["errors"] == [{"code": "INVALID_CREDENTIALS"}]
    await pair.refused(access)
    last = (await ask(pair.here, REFRESH, token=token))["data"]["refreshSession"]
    assert last["errors"] == [{"code": "INVALID_CREDENTIALS"}]


async def test_revocation_and_password_change_take_effect_on_both(pair: Pair) -> None:
    ann = await pair.make.user()
    lost, kept = await pair.signed_in(ann), await pair.signed_in(ann)
    revoke = "mutation ($id: ID!) { revokeSession(input: {id: $id}) { errors { code } } }"
    response = await ask(pair.there, revoke, kept["accessToken"], id=lost["session"]["id"])
    assert response["data"]["revokeSession"]["errors"] == []
    await pair.refused(lost["accessToken"])
    other = await pair.signed_in(ann)
    change = (
        "mutation ($old: String!) { changePassword(input: {currentPassword: $old, "
        'newPassword: "four seats row eleven"}) { errors { code } } }'
    )
    response = await ask(pair.there, change, kept["accessToken"], old=PASSWORD)
    assert response["data"]["changePassword"]["errors"] == []
    await pair.refused(other["accessToken"])
    for client in (pair.here, pair.there):
        assert (await ask(client, ME, kept["accessToken"]))["data"]["viewer"] == {"email": ann.email}


async def test_a_reset_link_used_concurrently_on_both_works_once(pair: Pair) -> None:
    ann, token = await pair.make.user(), random_token()
    session = await pair.signed_in(ann)
    await pair.make.row(
        EmailToken(
            purpose=EmailPurpose.PASSWORD_RESET,
            email=ann.email,
            user_id=ann.id,
            token_hash=token_hash(token),
            expires_at=now() + timedelta(hours=1),
        )
    )
    reset = (
        "mutation ($token: String!, $password: String!) { resetPassword(input: {token: $token, "
        "newPassword: $password}) { ok } }"
    )
    passwords = [f"four seats row eleven {number}" for number in range(8)]
    responses = await asyncio.gather(
        *(
            ask(client, reset, token=token, password=password)
            for client, password in zip(pair.both, passwords, strict=True)
        )
    )
    done = [each["data"]["resetPassword"]["ok"] for each in responses]
    assert sorted(done) == [False] * 7 + [True]
    await pair.refused(session["accessToken"])
    winner = passwords[done.index(True)]
    signed_in = await ask(pair.there, SIGN_IN, email=ann.email, password=winner)
    assert signed_in["data"]["signIn"]["errors"] == []


async def test_an_invitation_accepted_on_both_creates_one_membership(pair: Pair) -> None:
    ann, bob = await pair.make.user(), await pair.make.user()
    family = await pair.make.family(ann)
    _, token = await pair.make.invitation(family, bob.email, by=ann)
    access = (await pair.signed_in(bob))["accessToken"]
    accept = (
        "mutation ($token: String!) { acceptFamilyInvitation(input: {token: $token}) { errors { code } } }"
    )
    responses = await asyncio.gather(*(ask(each, accept, access, token=token) for each in pair.both))
    codes = [
        [error["code"] for error in each["data"]["acceptFamilyInvitation"]["errors"]] for each in responses
    ]
    assert codes.count([]) == 1, codes
    members = "SELECT count(*) FROM family_memberships WHERE family_id = $1 AND user_id = $2"
    assert await pair.database.fetchval(members, family.id, bob.id) == 1


async def test_a_retry_on_the_other_server_waits_and_returns_the_first_response(pair: Pair) -> None:
    access = (await pair.signed_in(await pair.make.user()))["accessToken"]
    async with pair.database.transaction():
        await pair.database.execute("LOCK TABLE families IN EXCLUSIVE MODE")
        first = asyncio.create_task(ask(pair.here, CREATE, access, "k", name="Ours"))
        await waiting(pair, 1)  # it has claimed the key and waits for the table's lock
        others = [
            asyncio.create_task(ask(pair.there, CREATE, access, "k", name=name))
            for name in ("Ours", "Others")
        ]
        await waiting(pair, 2)  # the third may wait for the second in its process
    response, again, conflict = await first, *[await each for each in others]
    assert again == response
    assert response["data"]["createFamily"]["errors"] == []
    assert conflict["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_CONFLICT"
    assert await ask(pair.there, CREATE, access, "k", name="Ours") == response
    families = (await ask(pair.here, FAMILIES, access))["data"]["viewer"]["families"]["nodes"]
    assert families == [{"name": "Ours"}]


async def waiting(pair: Pair, count: int) -> None:
    """Waits until this number of the servers' statements wait for a lock."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    end = time.monotonic() + PATIENCE
    while await pair.database.fetchval(query) < count:
        assert time.monotonic() < end, "no client waits"
        # In a transaction, the list of connections is that of the first query.
        await pair.database.execute("SELECT pg_stat_clear_snapshot()")


async def test_the_back_off_after_wrong_passwords_is_shared(pair: Pair) -> None:
    ann = await pair.make.user()
    outcomes = []
    for client in pair.both[:6]:
        response = await ask(client, SIGN_IN, email=ann.email, password="wrong as can be")
        errors = response.get("errors") or response["data"]["signIn"]["errors"]
        outcomes.append(errors[0].get("code") or errors[0]["extensions"]["code"])
    assert outcomes == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]


async def test_the_rate_limit_budget_is_shared(pair: Pair) -> None:
    access = (await pair.signed_in(await pair.make.user()))["accessToken"]
    for _ in range(10):
        responses = await asyncio.gather(*(ask(pair.here, ME, access) for _ in range(10)))
        assert not any("errors" in each for each in responses)
    taken = time.monotonic()
    while "errors" not in (response := await ask(pair.there, ME, access)):
        assert time.monotonic() - taken < WITHIN
    assert response["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
