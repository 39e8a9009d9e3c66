"""Headers of all responses, errors, and the clean-up after operations."""

import asyncio
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from infocus_graphql.db.database import ReaderClosedError
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.execution import Engine
from infocus_graphql.http.endpoint import Endpoint
from infocus_graphql.http.middleware import RequestMiddleware
from infocus_graphql.settings import Environment
from tests.support.ids import SESSION, USER

from .conftest import NOWHERE, SCHEMA, client_of, make_app, served

HELLO = {"query": "{ hello }"}
PRODUCTION: dict[str, Any] = {"env": Environment.PRODUCTION, "database_url": NOWHERE, "mail": "off"}


@pytest.mark.parametrize("path", ["/graphql", "/livez", "/readyz", "/", "/nothing"])
async def test_every_response_has_security_headers(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    policy = "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["content-security-policy"] == policy
    assert "strict-transport-security" not in response.headers


async def test_production_sends_strict_transport_security() -> None:
    async with client_of(make_app(**PRODUCTION)) as http:
        response = await http.post("/graphql", json=HELLO)
        assert response.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_the_explorer_has_its_own_headers(http: httpx.AsyncClient) -> None:
    response = await http.get("/", follow_redirects=True)
    assert response.url.path == "/graphiql"
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-cache"


async def test_production_has_no_explorer_and_no_introspection() -> None:
    async with client_of(make_app(**PRODUCTION)) as http:
        assert (await http.get("/graphiql")).status_code == 404
        assert (await http.get("/")).json() == {"name": "InFocus GraphQL", "graphql": "/graphql"}
        response = await http.post("/graphql", json={"query": "{ __schema { types { name } } }"})
        error = response.json()["errors"][0]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("values", [{}, {"introspection": True, "suggestions": True}])
async def test_in_production_introspection_is_for_staff_unless_enabled(
    values: dict[str, Any],
) -> None:
    app, asked, mistyped = make_app(**PRODUCTION, **values), "{ __schema { types { name } } }", "{ helo }"
    tokens, refused = app.state.services.tokens, ["GRAPHQL_VALIDATION_FAILED"]
    async with client_of(app) as http:
        for is_staff in (False, True):
            token = tokens.access_token(user_id=USER, session_id=SESSION, is_staff=is_staff).text
            headers = {"Authorization": f"Bearer {token}"}
            reported = (await http.post("/graphql", json={"query": asked}, headers=headers)).json()
            codes = [error["extensions"]["code"] for error in reported.get("errors", [])]
            assert codes == ([] if is_staff or values else refused)
            (error,) = (await http.post("/graphql", json={"query": mistyped}, headers=headers)).json()[
                "errors"
            ]
            assert ("Did you mean" in error["message"]) is bool(values)


async def test_unknown_paths_and_methods_return_json_errors(
    http: httpx.AsyncClient,
) -> None:
    missing = await http.get("/nothing")
    assert missing.status_code == 404
    assert missing.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
    wrong = await http.post("/livez")
    assert wrong.status_code == 405
    assert wrong.json()["errors"][0]["extensions"] == {"code": "METHOD_NOT_ALLOWED"}
    assert set(wrong.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("given", ["a", "Req-1_2.3", "x" * 64])
async def test_a_well_formed_request_id_is_kept(http: httpx.AsyncClient, given: str) -> None:
    response = await http.post("/graphql", json=HELLO, headers={"X-Request-Id": given})
    assert response.headers["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 65, "ä", "a;b", 'a"'])
async def test_other_request_ids_are_replaced(http: httpx.AsyncClient, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given.encode()}
    response = await http.post("/graphql", json=HELLO, headers=headers)  # type: ignore[arg-type]
    assert re.fullmatch(r"[0-9a-f]{20}", response.headers["x-request-id"])


async def test_request_ids_are_not_sequential(http: httpx.AsyncClient) -> None:
    ids = [(await http.post("/graphql", json=HELLO)).headers["x-request-id"] for _ in range(100)]
    assert len(set(ids)) == 100
    # They have no common prefix (of a process or a clock) and no order.
    assert all(len({each[at] for each in ids}) > 8 for at in range(20))
    assert ids != sorted(ids)


async def test_a_partial_response_is_aborted() -> None:
    async def breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "path": "/", "headers": []}
    with pytest.raises(RuntimeError, match="in the middle"):
        await RequestMiddleware(breaks_off, https=False)(scope, _never, send)
    assert [message["type"] for message in sent] == ["http.response.start"]


async def test_headers_that_a_response_has_are_not_duplicated() -> None:
    async def careful(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("hello", headers={"Cache-Control": "max-age=5"})(scope, receive, send)

    async with client_of(RequestMiddleware(careful, https=False)) as http:
        response = await http.get("/")
    assert response.headers.get_list("cache-control") == ["max-age=5"]
    assert response.headers.get_list("x-frame-options") == ["DENY"]


@pytest.mark.parametrize(("root_path", "path"), [("", "/graphql"), ("/api", "/api/graphql")])
async def test_the_api_works_behind_a_path_prefix(app: Starlette, root_path: str, path: str) -> None:
    transport = httpx.ASGITransport(app=app, root_path=root_path)
    async with httpx.AsyncClient(transport=transport, base_url="http://infocus.test") as http:
        response = await http.post(path, json=HELLO)
        assert response.json() == {"data": {"hello": "Hello, world!"}}
        assert (await http.post(f"{path}/x", json=HELLO)).status_code == 404


async def test_closing_the_context_of_an_operation_without_reads_needs_no_task(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[tuple[bool, asyncio.Task[Any] | None]] = []
    close = Context.close

    async def watched(self: Context) -> None:
        ended.append((self.has_open_reader, asyncio.current_task()))
        await close(self)
        with pytest.raises(ReaderClosedError):
            _ = self.loaders

    monkeypatch.setattr(Context, "close", watched)
    await http.post("/graphql", json=HELLO)
    assert ended == [(False, asyncio.current_task())]


async def test_an_operation_that_takes_too_long_is_cancelled(app: Starlette) -> None:
    services = app.state.services
    endpoint = Endpoint(Engine(SCHEMA, introspection=True), services, operation_seconds=0.05)
    async with client_of(endpoint) as http:
        response = await http.post("/graphql", json={"query": "{ slow(seconds: 5) }"})
    assert response.status_code == 503
    assert response.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Context]:
    """Records the closed contexts; closing takes a moment."""
    contexts: list[Context] = []

    async def close(self: Context) -> None:
        await asyncio.sleep(0.05)
        contexts.append(self)

    monkeypatch.setattr(Context, "close", close)
    monkeypatch.setattr(Context, "has_open_reader", True)  # contexts without reads are closed synchronously
    return contexts


@pytest.mark.parametrize("query", ["{ hello }", "{ broken }", "{ unknown }", "{"])
async def test_the_context_is_closed_after_each_operation(
    http: httpx.AsyncClient, closed: list[Context], query: str
) -> None:
    await http.post("/graphql", json={"query": query})
    assert len(closed) == 1


async def test_the_context_is_closed_when_the_operation_is_cancelled_twice(
    http: httpx.AsyncClient, closed: list[Context]
) -> None:
    body = {"query": "{ slow(seconds: 5) }"}
    running = asyncio.create_task(http.post("/graphql", json=body))
    await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.sleep(0.01)
    running.cancel()
    # Requests are cancelled only at shutdown, which the response says.
    response = await running
    assert response.status_code == 503
    await asyncio.sleep(0.1)
    assert len(closed) == 1


async def test_an_incomplete_body_times_out(app: Starlette) -> None:
    services = app.state.services
    endpoint = Endpoint(Engine(SCHEMA, introspection=True), services, body_seconds=0.05)
    sent = await _call(endpoint, [{"type": "http.request", "body": b"{", "more_body": True}])
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


async def _never() -> Message:
    return await asyncio.Future()


async def test_a_client_that_disconnects_while_sending_gets_no_response(app: Starlette) -> None:
    endpoint = Endpoint(Engine(SCHEMA, introspection=True), app.state.services)
    part: Message = {"type": "http.request", "body": b"{", "more_body": True}
    assert await _call(endpoint, [part, {"type": "http.disconnect"}]) == []


async def _call(endpoint: Endpoint, messages: list[Message]) -> list[Message]:
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        return await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    await endpoint(scope, receive, send)
    return sent


async def test_unhandled_exceptions_are_masked_and_logged() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the secret is 4711")

    with capture_logs() as logs:
        async with client_of(RequestMiddleware(broken, https=False)) as http:
            response = await http.get("/")
    assert response.status_code == 500
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-request-id"]
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "4711" not in response.text
    assert [line["incident"] for line in logs] == [error["extensions"]["incident"]]


async def test_a_too_large_body_closes_the_connection() -> None:
    with served(make_app(max_body_bytes=1024)) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0), 5) as connection:
            head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            connection.sendall(f"{head}Content-Length: 1000000000\r\n\r\n{{".encode())
            response = b""
            while part := await asyncio.to_thread(connection.recv, 65536):
                response += part
        assert response.startswith(b"HTTP/1.1 413")
        assert b"\r\nserver:" not in response.lower()


async def test_a_head_response_has_no_body() -> None:
    with served(make_app()) as url:
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.head("/livez")).status_code == 200
            refused: Any = await http.head("/graphql")
            assert (refused.status_code, refused.content) == (405, b"")
            network = (await http.post("/graphql", json={"query": "{ client }"})).json()
            assert network["data"]["client"][0] == "127.0.0.0/24"
