"""The rules of GraphQL over Server-Sent Events, in distinct connections mode."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from infocus_graphql.core.clock import now
from infocus_graphql.graph.subscriptions import SubscriptionEnded

from .conftest import END, USER, LiveServer, event_stream, live_server, wait_until

EVENTS = {"Accept": "text/event-stream"}
SUBSCRIPTION = "subscription { tick }"


def blocks(response: httpx.Response) -> Iterator[list[str]]:
    """The parts of an event stream that end with an empty line."""
    lines: list[str] = []
    for line in response.iter_lines():
        if line:
            lines.append(line)
        else:
            yield lines
            lines = []


def post(server: LiveServer, query: str, accept: str = "text/event-stream", **options: Any) -> httpx.Response:
    """Sends an operation and reads the whole response."""
    headers = {"Accept": accept, **options.pop("headers", {})}
    return httpx.post(f"{server.url}/graphql", json={"query": query, **options}, headers=headers, timeout=10)


def test_a_subscription_is_a_stream_of_events(server: LiveServer) -> None:
    with event_stream(server) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in response.headers
        assert "content-length" not in response.headers
        found = blocks(response)
        assert next(found) == ["retry: 3000"]
        stream = server.stream()
        stream.feed("1")
        assert next(found) == ["id: ev_1", "event: next", 'data: {"data":{"tick":1}}']
        stream.feed('{"a":\n\r\n1}', END)
        assert next(found) == ["id: ev_2", "event: next", 'data: {"data":{"tick":{"a":   1}}}']
        assert list(found) == [["event: complete", "data:"]]
    wait_until(lambda: stream.closed == 1)


def test_lines_end_with_a_single_newline(server: LiveServer) -> None:
    assert "\r" not in post(server, "{ hello }").text


def test_queries_and_mutations_have_one_result(server: LiveServer) -> None:
    response = post(server, "{ hello }")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (
        response.text == 'event: next\ndata: {"data":{"hello":"Hello, world!"}}\n\nevent: complete\ndata:\n\n'
    )
    assert '{"signIn":true}' in (done := post(server, "mutation { signIn }")).text
    assert "infocus_refresh=" in done.headers["set-cookie"]
    got = httpx.get(f"{server.url}/graphql", params={"query": "{ hello }"}, headers=EVENTS)
    assert got.text == response.text


def test_request_errors_are_results_in_the_stream(server: LiveServer) -> None:
    server.app.state.engine.refusal = "NOT_FOUND"
    for query, code in (
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        (SUBSCRIPTION, "NOT_FOUND"),
    ):
        response = post(server, query)
        assert (response.status_code, response.headers["content-type"]) == (
            200,
            "text/event-stream; charset=utf-8",
        )
        first, second = response.text.removesuffix("\n\n").split("\n\n")
        data = json.loads(first.removeprefix("event: next\ndata: "))
        assert [error["extensions"]["code"] for error in data["errors"]] == [code]
        assert second == "event: complete\ndata:"


def test_malformed_requests_are_http_errors(server: LiveServer) -> None:
    url = f"{server.url}/graphql"
    for response, status in (
        (httpx.post(url, content=b"{", headers=EVENTS | {"Content-Type": "application/json"}), 400),
        (httpx.post(url, content=b"{}", headers=EVENTS | {"Content-Type": "text/plain"}), 415),
        (httpx.put(url, headers=EVENTS), 405),
        (httpx.get(url, params={"query": "mutation { signIn }"}, headers=EVENTS), 405),
        (httpx.get(url, headers=EVENTS), 400),
        (post(server, SUBSCRIPTION, extensions={"lastEventId": 7}), 400),
        (post(server, SUBSCRIPTION, accept="text/html"), 406),
    ):
        assert response.status_code == status
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert response.json()["errors"]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/event-stream", "text/event-stream"),
        ("TEXT/Event-Stream;q=0.9", "text/event-stream"),
        ("text/event-stream, application/json;q=0.9", "text/event-stream"),
        ("text/event-stream, */*;q=0.1", "text/event-stream"),
        ("text/event-stream;q=0.5, application/json", "application/json"),
        ("text/event-stream, application/json", "application/json"),
        ("text/event-stream, */*", "application/json"),
        ("text/event-stream;q=0, */*;q=0.5", "application/json"),
        ("text/*", None),
        ("text/event-stream;q=0", None),
        # urql and Apollo Client
        (
            "application/graphql-response+json, application/graphql+json, application/json, "
            "text/event-stream, multipart/mixed",
            "application/graphql-response+json",
        ),
        ("application/graphql-response+json,application/json;q=0.9", "application/graphql-response+json"),
    ],
)
def test_queries_are_streamed_only_to_clients_that_prefer_it(
    server: LiveServer, accept: str, expected: str | None
) -> None:
    response = post(server, "{ hello }", accept)
    assert response.status_code == (406 if expected is None else 200)
    if expected is not None:
        assert response.headers["content-type"] == f"{expected}; charset=utf-8"


def test_a_subscription_is_streamed_to_clients_that_accept_it(server: LiveServer) -> None:
    for accept in ("text/event-stream, multipart/mixed", "application/json, text/event-stream"):
        server.streams.clear()
        with event_stream(server, headers={"Accept": accept}) as response:
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert post(server, SUBSCRIPTION, "application/json").json()["errors"]


def test_event_source_subscribes_by_get_and_resumes(server: LiveServer) -> None:
    with httpx.Client(base_url=server.url) as http:
        resuming = EVENTS | {"Last-Event-ID": "ev_41"}
        with http.stream("GET", "/graphql", params={"query": SUBSCRIPTION}, headers=resuming) as response:
            assert response.status_code == 200
            assert server.stream().request.last_event_id == "ev_41"
    with event_stream(server, extensions={"lastEventId": "ev_3"}):
        assert server.stream(1).request.last_event_id == "ev_3"
    with event_stream(server, extensions={"lastEventId": "ev_3"}, headers={"Last-Event-ID": "ev_9"}):
        assert server.stream(2).request.last_event_id == "ev_9"


def test_idle_streams_get_comments_and_survive_the_timeouts_of_requests() -> None:
    quick: dict[str, Any] = {"header_seconds": 0.2, "body_seconds": 0.2, "send_seconds": 0.2}
    with live_server(heartbeat_seconds=0.3, **quick) as server, event_stream(server) as response:
        found = blocks(response)
        next(found)
        began = time.monotonic()
        assert [next(found) for _ in range(3)] == [[":"]] * 3
        assert time.monotonic() - began >= 0.8
        server.stream().feed("1", END)
        assert next(found)[0] == "id: ev_1"


def test_a_disconnected_client_ends_its_subscription(server: LiveServer) -> None:
    with event_stream(server):
        stream = server.stream()
        assert stream.closed == 0
    wait_until(lambda: stream.closed == 1 and len(server.app.state.live) == 0)


def test_the_connection_can_be_used_again(server: LiveServer) -> None:
    with httpx.Client(base_url=server.url) as http:
        for _ in range(2):
            server.streams.clear()
            with http.stream("POST", "/graphql", json={"query": SUBSCRIPTION}, headers=EVENTS) as response:
                server.stream().feed("1", END)
                assert response.read().endswith(b"data:\n\n")
            assert http.post("/graphql", json={"query": "{ hello }"}).status_code == 200


def test_the_reasons_of_an_end_are_results(server: LiveServer) -> None:
    for code in ("RESET_REQUIRED", "UNAUTHENTICATED", "TOKEN_EXPIRED"):
        server.streams.clear()
        with event_stream(server) as response:
            server.stream().feed(SubscriptionEnded(code, "The reason."))
            error = {"message": "The reason.", "extensions": {"code": code}}
            _, (_, data), complete = blocks(response)
            assert json.loads(data.removeprefix("data: ")) == {"errors": [error]}
            assert complete == ["event: complete", "data:"]
    server.streams.clear()
    with event_stream(server) as response:
        server.stream().feed(SubscriptionEnded("SLOW_CONSUMER", "Too slow."))
        assert list(blocks(response)) == [["retry: 3000"], [": SLOW_CONSUMER", "retry: 3000"]]


def test_a_token_that_expires_or_is_revoked_ends_the_stream(server: LiveServer) -> None:
    session = "se" + "s" * 25
    for code in ("UNAUTHENTICATED", "TOKEN_EXPIRED"):
        if code == "UNAUTHENTICATED":
            token = server.token(session=session)
        else:
            token = server.token(not_after=now() + timedelta(seconds=2))
        server.streams.clear()
        with event_stream(server, headers={"Authorization": token}) as response:
            stream = server.stream()
            assert stream.viewer.id == USER
            server.app.state.services.tokens.revoked.add(session)
            began = time.monotonic()
            _, (_, data), complete = blocks(response)
            assert time.monotonic() - began < 5
        assert json.loads(data.removeprefix("data: "))["errors"][0]["extensions"]["code"] == code
        assert complete == ["event: complete", "data:"]
        wait_until(lambda: stream.closed == 1)  # noqa: B023 - called at once


def test_streams_are_limited_per_user_and_in_total() -> None:
    with live_server(max_live_connections=3, max_live_connections_per_user=1) as server:
        token = {"Authorization": server.token()}
        with event_stream(server, headers=token):
            stream = server.stream()
            response = post(server, SUBSCRIPTION, headers=token)
            assert (response.status_code, response.headers["retry-after"]) == (429, "10")
            assert response.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_CONNECTIONS"
            assert (stream.closed, server.stream(1).closed) == (0, 1)
            with event_stream(server), event_stream(server):
                response = post(server, SUBSCRIPTION)
                assert (response.status_code, response.headers["retry-after"]) == (503, "1")
                assert post(server, "{ hello }").status_code == 200


def test_pages_of_other_origins_can_read_streams_as_cors_allows() -> None:
    with live_server(cors_origins="https://app.example.org") as server:
        for origin, allowed in (("https://app.example.org", True), ("https://evil.example.com", False)):
            with event_stream(server, headers={"Origin": origin}) as response:
                assert ("access-control-allow-origin" in response.headers) is allowed


def test_a_client_that_reads_too_slowly_is_disconnected() -> None:
    with live_server(send_seconds=0.3) as server, event_stream(server) as response:
        stream = server.stream()
        stream.feed(*[f'"{"x" * 100_000}"'] * 300)
        wait_until(lambda: stream.closed == 1)
        with pytest.raises(httpx.TransportError):
            response.read()
