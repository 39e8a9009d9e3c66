"""Authentication of requests: bearer tokens, client information, the refresh cookie, cross-site requests."""

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from infocus_graphql.http.auth import ip_prefix
from tests.support.ids import SESSION, USER

from .conftest import client_of, make_app

COOKIE = "infocus_refresh"
SIGN_IN = {"query": "mutation { signIn }"}


async def ask(http: httpx.AsyncClient, query: str, headers: Any = None) -> Any:
    """Runs a query with one field and returns its value."""
    response = await http.post("/graphql", json={"query": query}, headers=headers)
    return next(iter(response.json()["data"].values()))


@pytest.fixture
def token(app: Starlette) -> str:
    """A valid access token."""
    tokens = app.state.services.tokens
    made = tokens.access_token(user_id=USER, session_id=SESSION, is_staff=False)
    return str(made.text)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
async def test_a_valid_token_authenticates_the_viewer(
    http: httpx.AsyncClient, token: str, scheme: str
) -> None:
    assert await ask(http, "{ me }", {"Authorization": f"{scheme} {token}"}) == USER


async def test_a_request_without_a_token_is_anonymous(http: httpx.AsyncClient) -> None:
    assert await ask(http, "{ me }") is None


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer a b", "Bearer null", "Basic YTpi", "{}", "Bearer{}"]
)
async def test_other_credentials_are_rejected(http: httpx.AsyncClient, token: str, header: str) -> None:
    given = {"Authorization": header.replace("{}", token)}
    assert await ask(http, "{ me }", given) == "UNAUTHENTICATED"


async def test_two_authorization_headers_are_rejected(http: httpx.AsyncClient, token: str) -> None:
    twice = [("Authorization", f"Bearer {token}")] * 2
    assert await ask(http, "{ me }", twice) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unix", None),
        ("", None),
    ],
)
def test_only_the_network_prefix_of_an_address_is_stored(address: str, expected: str | None) -> None:
    assert ip_prefix(address) == expected


async def test_the_client_has_the_connections_address_and_the_user_agent(
    http: httpx.AsyncClient,
) -> None:
    headers = {
        "User-Agent": "a\tb" + "x" * 300,
        "X-Forwarded-For": "198.51.100.1",
        "Cookie": f"other=1; {COOKIE}=abc-_1; {COOKIE}=second",
    }
    network, agent, cookie = await ask(http, "{ client }", headers)
    assert network == "203.0.113.0/24"
    assert agent == "a b" + "x" * 197  # whitespace is normalised
    assert cookie == "abc-_1"


@pytest.mark.parametrize("cookie", [f"{COOKIE}=", f'{COOKIE}=a"b', f"{COOKIE}={'a' * 600}", "x=1"])
async def test_other_cookies_are_ignored(http: httpx.AsyncClient, cookie: str) -> None:
    assert (await ask(http, "{ client }", {"Cookie": cookie}))[2] is None


async def test_the_refresh_cookie_is_set_and_cleared() -> None:
    for secure in (False, True):
        async with client_of(make_app(cookie_secure=secure)) as http:
            end = "; Path=/graphql; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
            response = await http.post("/graphql", json=SIGN_IN)
            assert response.headers["set-cookie"] == f"{COOKIE}=abc-_1; Max-Age=60{end}"
            response = await http.post("/graphql", json={"query": "mutation { signOut }"})
            assert response.headers["set-cookie"] == f"{COOKIE}=; Max-Age=0{end}"
            response = await http.post("/graphql", json={"query": "{ me }"})
            assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("origin", "site", "is_cross_site"),
    [
        ("https://app.infocus.test", "cross-site", True),
        ("https://app.infocus.test", "same-site", False),
        ("https://app.infocus.test", None, False),
        ("https://evil.test", "cross-site", False),
        (None, "cross-site", False),
    ],
)
async def test_allowed_cross_site_origins_get_a_partitioned_cookie(
    origin: str | None, site: str | None, is_cross_site: bool
) -> None:
    given = {"Origin": origin, "Sec-Fetch-Site": site}
    headers = {name: value for name, value in given.items() if value is not None}
    end = "HttpOnly; SameSite=None; Partitioned; Secure" if is_cross_site else "HttpOnly; SameSite=Strict"
    async with client_of(make_app(cors_origins="https://app.infocus.test")) as http:
        for mutation, value in (("signIn", "abc-_1; Max-Age=60"), ("signOut", "; Max-Age=0")):
            http.cookies.clear()
            body = {"query": f"mutation {{ {mutation} }}"}
            response = await http.post("/graphql", json=body, headers=headers)
            assert response.headers["set-cookie"] == f"{COOKIE}={value}; Path=/graphql; {end}"


async def test_a_token_with_invalid_characters_is_not_set_as_cookie(http: httpx.AsyncClient) -> None:
    body = {"query": 'mutation { signIn(token: "a; Domain=evil") }'}
    response = await http.post("/graphql", json=body)
    assert response.status_code == 500
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("origin", "cookie", "status"),
    [
        (None, True, 200),
        ("http://infocus.test", True, 200),
        ("http://infocus.test:80", True, 200),
        ("https://infocus.test", True, 200),
        ("http://infocus.test:8000", True, 403),
        ("http://evil.test", True, 403),
        ("http://infocus.test.evil.test", True, 403),
        ("null", True, 403),
        ("http://[", True, 403),
        ("", True, 403),
        ("http://evil.test", False, 200),
    ],
)
async def test_cross_site_requests_can_not_use_the_cookie(
    http: httpx.AsyncClient, origin: str | None, cookie: bool, status: int
) -> None:
    headers = {} if origin is None else {"Origin": origin}
    headers |= {"Cookie": f"{COOKIE}=abc"} if cookie else {}
    response = await http.post("/graphql", json=SIGN_IN, headers=headers)
    assert response.status_code == status
