"""Delivery of refresh tokens: in a cookie for browsers, or in the body for other clients."""

import pytest

from tests.api.sessions.devices import COOKIE, NOT_VALID, PASSWORD, TOKENS, refreshed
from tests.support.client import Api
from tests.support.factories import Factories

SIGN_IN = (
    f"mutation ($input: SignInInput!) {{ signIn(input: $input) {{ {TOKENS} errors {{ message code }} }} }}"
)
REFRESH = "mutation { refreshSession { accessToken refreshToken errors { message code path } } }"
APPS: list[dict[str, str]] = [{}, {"Sec-Fetch-Mode": "cors", "User-Agent": "node"}]
BROWSERS: list[dict[str, str]] = [
    {"Origin": "http://test"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Cookie": "theme=dark"},
]


@pytest.mark.parametrize("headers", [*APPS, *BROWSERS])
@pytest.mark.parametrize("choice", [{}, {"useCookie": None}, {"useCookie": True}, {"useCookie": False}])
async def test_the_refresh_token_is_in_the_cookie_or_the_body_depending_on_the_client(
    api: Api, make: Factories, headers: dict[str, str], choice: dict[str, bool | None]
) -> None:
    ann, chosen = await make.user(), choice.get("useCookie")
    api.headers.update(headers)
    response = await api.post(SIGN_IN, input={"email": ann.email, "password": PASSWORD, **choice})
    payload = response.json()["data"]["signIn"]
    cookie = response.headers.get("set-cookie", "").partition(";")[0].removeprefix(f"{COOKIE}=") or None
    assert (cookie is not None) is (chosen is not False)
    # Scripts in a page can't read the token unless the client has opted in.
    in_body = not chosen and (chosen is False or headers in APPS)
    assert (payload["refreshToken"] is not None) is in_body
    assert in_body or str(cookie) not in response.text
    for token in {cookie, payload["refreshToken"]} - {None}:
        assert await refreshed(api, token)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, ["send the `refreshToken`"]),
        ({"Origin": "http://test", "Sec-Fetch-Site": "same-origin"}, ["credentials: 'include'"]),
        ({"Origin": "http://test:5173", "Sec-Fetch-Site": "same-site"}, ["credentials: 'include'"]),
        (
            {"Origin": "http://localhost:5173", "Sec-Fetch-Site": "cross-site"},
            ["credentials: 'include'", "useCookie: false", "different host names", "localhost", "127.0.0.1"],
        ),
        # Without `Sec-Fetch-Site`, as from older browsers and at addresses in a home network.
        ({"Origin": "http://localhost:5173"}, ["different host names"]),
        ({"Origin": "http://127.0.0.1", "Host": "localhost:8000"}, ["different host names"]),
        ({"Origin": "http://[::1]:5173", "Host": "LOCALHOST"}, ["different host names"]),
        ({"Origin": "http://localhost:5173", "Host": "Localhost:8000"}, ["credentials: 'include'"]),
        ({"Origin": "http://[::1]:5173", "Host": "[::1]:8000"}, ["credentials: 'include'"]),
        ({"Origin": "null"}, ["credentials: 'include'"]),
        ({"Origin": "http://[::1"}, ["credentials: 'include'"]),
    ],
)
async def test_a_refresh_without_a_token_explains_how_to_send_one(
    api: Api, headers: dict[str, str], words: list[str]
) -> None:
    api.headers.update(headers)
    (error,) = (await api.data(REFRESH))["errors"]
    assert (error["code"], error["path"]) == NOT_VALID
    assert error["message"].startswith(
        "The request has neither a refresh token nor the refresh cookie. Sign in"
    )
    assert all(word in error["message"] for word in words)
    assert ("different host names" in error["message"]) is ("different host names" in words)
