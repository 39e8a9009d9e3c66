"""Two server processes on one database: what one of them ends, the other one refuses."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from infocus_graphql.app import make_services
from infocus_graphql.core.settings import Settings
from tests.support.factories import Factories
from tests.support.server import Server

from .conftest import PATIENCE, Start

KEYS = "one:a key for tests that is long enough to sign"
ME = "{ viewer { email } }"
TOKENS = "accessToken refreshToken errors { code }"
WITHIN = 1.0


def ask(url: str, query: str, bearer: str = "", **variables: Any) -> Any:
    """The answer of one server."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    body = {"query": query, "variables": variables}
    return httpx.post(f"{url}/graphql", json=body, headers=headers, timeout=PATIENCE).json()


@pytest.fixture
async def ann(settings: Settings, database_url: str) -> str:
    """The address of somebody with an account."""
    services = make_services(settings, database_url)
    user = await Factories(services).user("Ann")
    await services.database.dispose()
    services.passwords.close()
    return user.email


async def test_two_servers_agree_on_sessions(
    start: Start, server: Server, database_url: str, ann: str
) -> None:
    variables = {"INFOCUS_DATABASE_URL": database_url, "INFOCUS_JWT_KEYS": KEYS, "INFOCUS_ENV": "test"}
    variables["INFOCUS_RATE_LIMITS"] = "off"
    both = [start("serve", "--port", "0", **variables) for _ in range(2)]
    here, there = urls = [each.url() for each in both]
    log_in = "mutation ($email: String!) { logIn(input: {email: $email, password: "
    log_in += f'"a passphrase", useCookie: false}}) {{ {TOKENS} session {{ id }} }} }}'
    signed_in = ask(here, log_in, email=ann)["data"]["logIn"]
    assert signed_in["errors"] == []

    # One refresh token, both servers at the same time: one successor, with which both clients go on.
    refresh = (
        f"mutation ($token: String!) {{ refreshSession(input: {{refreshToken: $token}}) {{ {TOKENS} }} }}"
    )
    token = signed_in["refreshToken"]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            answers = list(pool.map(lambda url, given=token: ask(url, refresh, token=given), urls * 4))
            found = [each["data"]["refreshSession"] for each in answers]
            assert [each["errors"] for each in found] == [[]] * 8
            (token,) = {each["refreshToken"] for each in found}
    database = await server.connect(database_url)
    chain = "SELECT count(*), count(*) FILTER (WHERE revoked_at IS NULL) FROM refresh_tokens"
    assert tuple(await database.fetchrow(chain)) == (4, 1)

    access = found[0]["accessToken"]
    assert [ask(url, ME, access) for url in urls] == [{"data": {"viewer": {"email": ann}}}] * 2
    assert ask(here, "mutation { logOut { ok } }", access)["data"] == {"logOut": {"ok": True}}
    ended = time.monotonic()
    assert "errors" in ask(here, ME, access)
    while "errors" not in (answer := ask(there, ME, access)):
        assert time.monotonic() - ended < WITHIN
    took = time.monotonic() - ended
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    print(f"refused by the other server after {took * 1000:.0f} ms")
    assert took < WITHIN
    await database.close()
