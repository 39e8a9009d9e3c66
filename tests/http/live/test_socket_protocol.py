"""The rules of the protocol graphql-transport-ws."""

import json
from typing import Any

import pytest

from infocus_graphql.graph.subscriptions import SubscriptionEnded

from .conftest import END, PROTOCOL, HandshakeRefused, LiveServer, live_server, wait_until

LONE_SURROGATE = '{"type":"ping","payload":{"a":"\\ud800"}}'
MALFORMED = [
    "", "not JSON", "null", "1", '"text"', "[]", "{}", '{"type":1}', '{"type":null}', '{"type":"start"}',
    '{"type":"connection_ack"}', '{"type":"next","id":"1"}', '{"type":"ping","type":"ping"}',
    '{"type":"ping","payload":[]}', '{"type":"ping","payload":"x"}', '{"type":"pong","payload":7}',
    '{"type":"ping","payload":{"authorization":5}}', LONE_SURROGATE,
    '{"type":"complete"}', '{"type":"complete","id":""}', '{"type":"complete","id":5}',
    '{"type":"complete","id":"\\ud800"}', '{"type":"complete","id":"' + "x" * 257 + '"}',
    '{"type":"ping","payload":{"a":' + "[" * 1000 + "]" * 1000 + "}}",
    '{"type":"ping","payload":{"a":' + "9" * 5000 + "}}", '{"type":"ping","payload":{"a":NaN}}',
]  # fmt: skip
SUBSCRIPTION = {"query": "subscription { tick }"}
MALFORMED_SUBSCRIPTIONS: list[dict[str, Any]] = [
    {"payload": SUBSCRIPTION}, {"id": 1, "payload": SUBSCRIPTION}, {"id": "", "payload": SUBSCRIPTION},
    {"id": {}, "payload": SUBSCRIPTION}, {"id": "1"}, {"id": "1", "payload": None},
    {"id": "1", "payload": []},
    {"id": "1", "payload": "x"}, {"id": "1", "payload": {}}, {"id": "1", "payload": {"query": 5}},
    {"id": "1", "payload": SUBSCRIPTION | {"variables": "x"}},
    {"id": "1", "payload": SUBSCRIPTION | {"variables": []}},
    {"id": "1", "payload": SUBSCRIPTION | {"operationName": 1}},
    {"id": "1", "payload": SUBSCRIPTION | {"extensions": "x"}},
    {"id": "1", "payload": SUBSCRIPTION | {"extensions": {"lastEventId": 5}}},
    {"id": "1", "payload": {"query": "\ud800"}},
]  # fmt: skip


def test_the_subprotocol_is_negotiated(server: LiveServer) -> None:
    socket = server.connect()
    assert socket.subprotocol == PROTOCOL
    both = server.connect(protocol="graphql-ws graphql-transport-ws")
    assert both.subprotocol == PROTOCOL


def test_other_subprotocols_are_refused_by_name(server: LiveServer) -> None:
    legacy = server.connect(protocol="graphql-ws")
    code, reason = legacy.closed()
    assert (code, reason) == (
        4406, "The subprotocol graphql-ws is not supported; use graphql-transport-ws",
    )  # fmt: skip
    assert server.connect(protocol=None).closed() == (
        4406, "Subprotocol not acceptable; use graphql-transport-ws",
    )  # fmt: skip


def test_a_socket_without_init_is_closed_in_time() -> None:
    with live_server(socket_init_seconds=0.3) as server:
        silent = server.connect()
        silent.send(type="ping")
        assert silent.receive() == {"type": "pong"}
        assert silent.closed() == (4408, "Connection initialisation timeout")
        assert server.ready().still_works()


def test_a_second_init_closes_the_socket(server: LiveServer) -> None:
    socket = server.ready()
    socket.send(type="connection_init")
    assert socket.closed() == (4429, "Too many initialisation requests")
    hasty = server.connect()
    hasty.send(type="connection_init")
    hasty.send(type="connection_init")
    assert hasty.closed()[0] == 4429


def test_init_accepts_any_object_and_null(server: LiveServer) -> None:
    for payload in ({}, {"any": {"thing": 1}}, {"authorization": None}):
        assert server.ready(payload).still_works()
    socket = server.connect()
    socket.send(type="connection_init", payload=None)
    assert socket.receive() == {"type": "connection_ack"}


def test_operations_need_an_acknowledged_connection(server: LiveServer) -> None:
    socket = server.connect()
    socket.subscribe("1", "{ hello }")
    assert socket.closed() == (4401, "Unauthorized; send connection_init first")


def test_malformed_messages_close_the_socket_and_nothing_else(server: LiveServer) -> None:
    bystander, stream = server.subscribed()
    for text in MALFORMED:
        socket = server.ready()
        socket.send_raw(text)
        code, reason = socket.closed()
        assert code == 4400, text
        assert reason, text
    for message in MALFORMED_SUBSCRIPTIONS:
        socket = server.ready()
        socket.send(type="subscribe", **message)
        assert socket.closed()[0] == 4400, message
    socket = server.connect()
    socket.send(type="connection_init", payload=[])
    assert socket.closed()[0] == 4400
    socket = server.ready()
    socket.send_raw(b'{"type":"ping"}')
    assert socket.closed() == (4400, "Messages must be text, not binary.")
    stream.feed("1")
    assert bystander.receive()["payload"]["data"] == {"tick": 1}


def test_messages_are_limited_in_size(server: LiveServer) -> None:
    socket = server.ready()
    socket.send_raw(json.dumps({"type": "ping", "payload": {"a": "x" * 300_000}}))
    assert socket.closed()[0] == 1009


def test_pings_are_answered_with_their_payload_and_pongs_ignored(server: LiveServer) -> None:
    socket = server.connect()
    for payload in (None, {}, {"a": [1, "ä", None]}):
        socket.send(type="ping", payload=payload)
        expected = {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}
        assert socket.receive() == expected
    socket.send(type="pong")
    socket.send(type="pong", payload={"unasked": True})
    assert socket.still_works()


def test_queries_and_mutations_have_one_result(server: LiveServer) -> None:
    socket = server.ready()
    socket.subscribe("q", "query ($n: String!) { hello(name: $n) }", variables={"n": "Ada"})
    assert socket.receive() == {"id": "q", "type": "next", "payload": {"data": {"hello": "Hello, Ada!"}}}
    assert socket.receive() == {"id": "q", "type": "complete"}
    socket.subscribe("q", "mutation A { signIn } query B { hello }", operationName="A")
    assert socket.receive()["payload"] == {"data": {"signIn": True}}
    assert socket.receive() == {"id": "q", "type": "complete"}


def test_results_arrive_when_they_are_ready(server: LiveServer) -> None:
    socket = server.ready()
    socket.subscribe("slow", "{ slow(seconds: 0.2) }")
    socket.subscribe("quick", "{ hello }")
    assert [socket.receive()["id"] for _ in range(4)] == ["quick", "quick", "slow", "slow"]


def test_request_errors_end_the_operation_and_not_the_socket(server: LiveServer) -> None:
    socket = server.ready()
    for query, code in (
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
        ("query ($n: Int!) { number(value: $n) }", "BAD_USER_INPUT"),
    ):
        socket.subscribe("1", query)
        message = socket.receive()
        assert (message["id"], message["type"]) == ("1", "error")
        assert [error["extensions"]["code"] for error in message["payload"]] == [code]
    server.app.state.engine.refusal = "NOT_FOUND"
    socket.subscribe("1", "subscription { tick }")
    assert socket.receive()["payload"][0]["extensions"]["code"] == "NOT_FOUND"
    assert socket.still_works()


def test_field_errors_are_in_the_result_and_masked(server: LiveServer) -> None:
    socket = server.ready()
    socket.subscribe("1", "{ broken }")
    message = socket.receive()
    assert message["type"] == "next"
    assert message["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "4711" not in json.dumps(message)
    assert socket.receive()["type"] == "complete"


def test_a_subscription_sends_results_and_completes(server: LiveServer) -> None:
    socket, stream = server.subscribed()
    stream.feed("1", "2", END)
    payloads = [{"data": {"tick": number}} for number in (1, 2)]
    assert [socket.receive() for _ in range(3)] == [
        *({"id": "1", "type": "next", "payload": payload} for payload in payloads),
        {"id": "1", "type": "complete"},
    ]
    wait_until(lambda: stream.closed == 1)
    socket.subscribe("1", "subscription { tick }")  # the id can be used again
    server.stream(1).feed("7")
    assert socket.receive()["payload"] == {"data": {"tick": 7}}


def test_nothing_is_sent_after_the_clients_complete(server: LiveServer) -> None:
    socket, stream = server.subscribed()
    socket.send(id="1", type="complete")
    wait_until(lambda: stream.closed == 1)
    stream.feed("1")
    socket.send(id="unknown", type="complete")
    socket.subscribe("2", "{ slow(seconds: 0.1) }")
    socket.send(id="2", type="complete")
    socket.subscribe("1", "subscription { tick }")
    assert socket.still_works()
    socket.subscribe("3", "{ slow(seconds: 0.3) }")
    assert socket.receive()["id"] == "3"  # the result of 2 would have come before


def test_a_used_id_closes_the_socket(server: LiveServer) -> None:
    socket, stream = server.subscribed()
    socket.subscribe("1", "{ hello }")
    assert socket.closed() == (4409, "Subscriber for 1 already exists")
    wait_until(lambda: stream.closed == 1)


def test_a_socket_runs_fifty_operations_at_a_time(server: LiveServer) -> None:
    socket = server.ready()
    for number in range(51):
        socket.subscribe(str(number), "subscription { tick }")
    message = socket.receive()
    assert (message["id"], message["type"]) == ("50", "error")
    (error,) = message["payload"]
    assert error["extensions"] == {"code": "TOO_MANY_OPERATIONS"}
    assert "50 operations" in error["message"]
    socket.send(id="7", type="complete")
    wait_until(lambda: sum(stream.closed for stream in server.streams) == 1)
    socket.subscribe("50", "{ hello }")
    assert socket.receive()["type"] == "next"


def test_completed_operations_count_until_they_have_ended(server: LiveServer) -> None:
    socket = server.ready()
    for number in range(51):
        socket.subscribe(str(number), "{ slow(seconds: 1) }")
        socket.send(id=str(number), type="complete")
    assert socket.receive()["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"


def test_the_ends_of_subscriptions_have_reasons(server: LiveServer) -> None:
    socket, stream = server.subscribed()
    stream.feed(SubscriptionEnded("RESET_REQUIRED", "Start again."))
    assert socket.receive() == {
        "id": "1",
        "type": "error",
        "payload": [{"message": "Start again.", "extensions": {"code": "RESET_REQUIRED"}}],
    }
    assert socket.still_works()
    for code, expected in (("SLOW_CONSUMER", 4008), ("UNAUTHENTICATED", 4401), ("TOKEN_EXPIRED", 4401)):
        server.streams.clear()
        socket, stream = server.subscribed()
        stream.feed(SubscriptionEnded(code, "The reason."))
        assert socket.closed()[0] == expected


def test_the_resume_point_is_passed_on(server: LiveServer) -> None:
    socket = server.ready()
    socket.subscribe("1", "subscription { tick }", extensions={"lastEventId": "ev_17"})
    assert server.stream().request.last_event_id == "ev_17"


def test_a_lost_socket_ends_its_subscriptions(server: LiveServer) -> None:
    socket, stream = server.subscribed()
    socket.abort()
    wait_until(lambda: stream.closed == 1)
    live = server.app.state.live
    before = len(live)
    another, stream = server.subscribed()
    another.close()
    wait_until(lambda: stream.closed == 1 and len(live) == before)


def test_sockets_are_served_at_the_endpoint_only(server: LiveServer) -> None:
    for path in ("/livez", "/graphiql", "/", "/graphqlx"):
        with pytest.raises(HandshakeRefused) as refused:
            server.connect(path=path)
        assert refused.value.status in {200, 307, 404}
    assert server.connect(path="/graphql/").subprotocol == PROTOCOL


def test_the_response_to_a_handshake_has_the_request_id(server: LiveServer) -> None:
    assert server.connect(headers={"X-Request-ID": "from-a-proxy"}).response.headers["X-Request-ID"] == (
        "from-a-proxy"
    )
    assert len(server.connect().response.headers["X-Request-ID"]) == 20
    with pytest.raises(HandshakeRefused) as refused:
        server.connect(headers={"Origin": "https://evil.example.com", "X-Request-ID": "mine"})
    assert refused.value.headers["X-Request-ID"] == "mine"
