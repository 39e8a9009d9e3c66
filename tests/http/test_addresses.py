"""Paths with and without a trailing slash, redirects behind proxies, and unsupported protocols."""

from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import Message

from infocus_graphql.http.cookies import NAME
from infocus_graphql.http.middleware import RequestMiddleware

from .conftest import client_of, make_app

HELLO: dict[str, Any] = {"query": "{ hello }"}
DATA = {"data": {"hello": "Hello, world!"}}
SIGN_IN: dict[str, Any] = {"query": "mutation { signIn }"}


async def test_graphql_with_a_trailing_slash_works(http: httpx.AsyncClient) -> None:
    for path in ("/graphql", "/graphql/"):
        assert (await http.post(path, json=HELLO)).json() == DATA
        assert (await http.get(path, params=HELLO)).json() == DATA
        assert (await http.put(path)).status_code == 405
        response = await http.post(path, json=SIGN_IN)
        assert response.headers["set-cookie"].startswith(f"{NAME}=abc-_1; Max-Age=60; Path=/graphql;")
    foreign = {"Origin": "http://evil.test", "Cookie": f"{NAME}=abc"}
    assert (await http.post("/graphql/", json=HELLO, headers=foreign)).status_code == 403


async def test_graphql_with_a_trailing_slash_supports_cors() -> None:
    origin = "https://app.infocus.test"
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    async with client_of(make_app(cors_origins=origin)) as http:
        response = await http.options("/graphql/", headers=asked)
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (204, origin)


REDIRECTS = {
    "/": "/graphiql",
    "/graphiql/": "/graphiql",
    "/graphiql/?query=%7Ba%7D": "/graphiql?query=%7Ba%7D",
    "/admin": "/admin/",
    "/admin/": "/admin/login",
    "/admin/user/list": "/admin/login",
    "/livez/": "/livez",
    "/readyz/?x=1": "/readyz?x=1",
    "/verify-email/": "/verify-email",
    "/exports/ex1/": "/exports/ex1",
}


@pytest.mark.parametrize(("path", "target"), REDIRECTS.items())
async def test_redirects_use_the_public_url_of_the_server(path: str, target: str) -> None:
    hosts = {"Host": "internal:8000", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "films.example.org"}
    async with client_of(make_app(trusted_proxies="203.0.113.0/24")) as http:
        for headers in ({}, {"Host": "evil.test"}, hosts):
            response = await http.get(path, headers=headers)
            location = response.headers["location"]
            assert "//" not in location
            assert (
                urljoin(f"https://films.example.org{path}", location) == f"https://films.example.org{target}"
            )


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://test/a?b=http://c/d#e", "/a?b=http://c/d#e"),
        ("https://test:8000/a", "/a"),
        ("http://test", "/"),
        ("http://test?a", "/?a"),
        ("http://test//evil.test/", "/evil.test/"),
        ("../a?next=http://test/b", "../a?next=http://test/b"),
        ("/a", "/a"),
    ],
)
async def test_a_location_is_relative(location: str, expected: str) -> None:
    app = Starlette(routes=[Route("/", lambda _: RedirectResponse(location))])
    async with client_of(RequestMiddleware(app, https=False)) as http:
        assert (await http.get("/")).headers["location"] == expected


async def test_pages_of_the_data_browser_use_the_public_scheme() -> None:
    async def form(headers: dict[str, str], **settings: Any) -> str:
        async with client_of(make_app(**settings)) as http:
            return (await http.get("/admin/login", headers=headers)).text

    forwarded: list[dict[str, str]] = [
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": 'for=198.51.100.1;proto="https"'},
    ]
    for headers in forwarded:
        proxies = {"trusted_proxies": "203.0.113.0/24"}
        assert 'action="https://infocus.test/admin/login"' in await form(headers, **proxies)
        assert 'action="http://infocus.test/admin/login"' in await form(headers)
    strange = {"X-Forwarded-Proto": "javascript"}
    assert 'action="http://infocus.test/admin/login"' in await form(strange, **proxies)
    assert 'action="https://infocus.test/admin/login"' in await form({}, cookie_secure=True)


SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "graphql-transport-ws",
}


@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
async def test_a_handshake_whose_upgrade_a_proxy_removed_is_explained(
    http: httpx.AsyncClient, path: str
) -> None:
    response = await http.get(path, headers=SOCKET)
    assert (response.status_code, response.headers["content-type"]) == (
        400,
        "application/json; charset=utf-8",
    )
    assert response.headers["sec-websocket-version"] == "13"
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert "it has to pass on the headers `Upgrade` and `Connection`" in error["message"]


async def test_websockets_at_other_urls_are_rejected_on_other_asgi_servers() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope: dict[str, Any] = {"type": "websocket", "path": "/other", "headers": [], "extensions": {}}
    app = make_app()
    await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert sent[0]["reason"] == "No WebSockets are served at this URL."
    sent.clear()
    await app({**scope, "extensions": {"websocket.http.response": {}}}, receive, send)
    assert sent[0]["status"] == 404
    assert b"NOT_FOUND" in sent[1]["body"]


@pytest.mark.parametrize(
    "accept",
    [
        "application/json, text/event-stream",
        "text/event-stream, application/graphql-response+json, application/json, multipart/mixed",
        "text/event-stream, */*",
    ],
)
async def test_clients_that_also_accept_event_streams_get_json(http: httpx.AsyncClient, accept: str) -> None:
    response = await http.post("/graphql", json=HELLO, headers={"Accept": accept})
    assert (response.status_code, response.json()) == (200, DATA)
