"""A server with made-up subscriptions, and clients of both protocols."""

import asyncio
import json
import math
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from infocus_graphql.app import create_app
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.operation import OperationResult, Request
from infocus_graphql.graph.subscriptions import SubscriptionEnded, SubscriptionMessage
from tests.http.conftest import NOWHERE, SCHEMA, make_settings, served

PROTOCOL = "graphql-transport-ws"
USER, OTHER_USER = "us" + "a" * 25, "us" + "b" * 25
PATIENCE = 10.0
END = object()

Item = str | SubscriptionEnded | object


class MadeUpStream:
    """A stream that a test feeds: with the JSON of `data`, with an error, or with its END."""

    def __init__(self, request: Request, context: Context, loop: asyncio.AbstractEventLoop) -> None:
        self.request, self.viewer, self._loop = request, context.viewer, loop
        self._queue: asyncio.Queue[Item] = asyncio.Queue()
        self._count = 0
        self.closed = 0

    def feed(self, *items: Item) -> None:
        """Adds items, from the thread of the test."""
        for item in items:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)

    def __aiter__(self) -> "MadeUpStream":
        return self

    async def __anext__(self) -> SubscriptionMessage:
        item = await self._queue.get()
        if item is END:
            raise StopAsyncIteration
        if isinstance(item, SubscriptionEnded):
            raise item
        self._count += 1
        return SubscriptionMessage(f"ev_{self._count}", b'{"data":{"tick":%b}}' % str(item).encode())

    def renew(self, viewer: Viewer) -> None:
        self.viewer = viewer

    async def aclose(self) -> None:
        self.closed += 1


class StreamingEngine(Engine):
    """An engine for which every document that begins with `subscription` is a subscription."""

    streams: list[MadeUpStream]
    refusal: str | None = None

    async def subscribe(
        self, request: Request, context: Context, *, queries_only: bool = False
    ) -> MadeUpStream | OperationResult:
        if not (request.query or "").startswith("subscription"):
            return await self.run(request, context, queries_only=queries_only)
        if self.refusal is not None:
            error = {"message": "No.", "extensions": {"code": self.refusal}}
            return OperationResult({"errors": [error]}, executed=False)
        stream = MadeUpStream(request, context, asyncio.get_running_loop())
        self.streams.append(stream)
        return stream


class LiveServer:
    """A running server, its streams, and clients of it."""

    def __init__(self, app: Starlette, url: str, stack: ExitStack) -> None:
        self.app, self.url, self._stack = app, url, stack
        self.streams: list[MadeUpStream] = app.state.engine.streams

    def token(self, user: str = USER, session: str = "se" + "a" * 25, **options: Any) -> str:
        tokens = self.app.state.services.tokens
        return (
            f"Bearer {tokens.access_token(user_id=user, session_id=session, is_staff=False, **options).text}"
        )

    def connect(
        self,
        protocol: str | None = PROTOCOL,
        *,
        path: str = "/graphql",
        headers: dict[str, str] | None = None,
    ) -> "Socket":
        """Opens a socket."""
        url = self.url.replace("http:", "ws:") + path
        opened = Socket(url, (protocol or "").split(), headers or {})
        self._stack.callback(opened.connection.close)
        return opened

    def ready(self, payload: Any = None, **options: Any) -> "Socket":
        """Opens a socket and initialises it."""
        socket = self.connect(**options)
        socket.send(type="connection_init", **({} if payload is None else {"payload": payload}))
        assert socket.receive() == {"type": "connection_ack"}
        return socket

    def subscribed(self, **options: Any) -> tuple["Socket", MadeUpStream]:
        """Opens a socket with the subscription `1`."""
        socket, before = self.ready(**options), len(self.streams)
        socket.subscribe("1", "subscription { tick }")
        return socket, self.stream(before)

    def stream(self, number: int = -1) -> MadeUpStream:
        """Waits for a stream."""
        wait_until(lambda: len(self.streams) > max(number, 0))
        return self.streams[number]


class HandshakeRefused(Exception):
    """The server has responded to a handshake without a WebSocket."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.body


class Socket:
    """A client's socket that sends and receives JSON, without threads."""

    def __init__(self, url: str, subprotocols: list[str], headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self.connection = socket.create_connection((parts.hostname, parts.port), PATIENCE)
        self.protocol = ClientProtocol(parse_uri(url), subprotocols=subprotocols or None)  # type: ignore[arg-type]  # NewType
        self._events: deque[Any] = deque()
        request = self.protocol.connect()
        for name, value in headers.items():
            request.headers[name] = value
        self.protocol.send_request(request)
        self.flush()
        self.response = response = self.event()
        if self.protocol.handshake_exc is not None:
            self.connection.close()
            raise HandshakeRefused(response)
        self.subprotocol = self.protocol.subprotocol

    def flush(self) -> None:
        """Sends what the protocol has to send, such as pongs."""
        for data in self.protocol.data_to_send():
            if data:
                self.connection.sendall(data)

    def event(self) -> Any:
        """The next frame; None at the end of the connection."""
        while not self._events:
            data = self.connection.recv(65_536)
            if not data:
                self.protocol.receive_eof()
                return None
            self.protocol.receive_data(data)
            self._events += self.protocol.events_received()
            self.flush()
        return self._events.popleft()

    def send(self, **message: Any) -> None:
        self.send_raw(json.dumps(message))

    def send_raw(self, data: str | bytes) -> None:
        if isinstance(data, str):
            self.protocol.send_text(data.encode("utf-8", "surrogatepass"))
        else:
            self.protocol.send_binary(data)
        self.flush()

    def subscribe(self, operation_id: str, query: str, **payload: Any) -> None:
        self.send(id=operation_id, type="subscribe", payload={"query": query, **payload})

    def receive(self) -> Any:
        """The next message."""
        while (frame := self.event()) is not None:
            if frame.opcode is Opcode.TEXT:
                return json.loads(frame.data)
        raise AssertionError(f"closed: {self.protocol.close_code} {self.protocol.close_reason}")

    def abort(self) -> None:
        """Closes the connection without a close frame."""
        self.connection.close()

    def close(self) -> None:
        """Closes the socket in order."""
        self.protocol.send_close(1000)
        self.flush()
        assert self.closed()[0] == 1000

    def closed(self) -> tuple[int | None, str | None]:
        """Waits for the end of the connection; returns the code and the reason of the close frame."""
        while self.event() is not None:
            pass
        self.connection.close()
        return self.protocol.close_code, self.protocol.close_reason

    def still_works(self) -> bool:
        """Whether the socket responds to a ping."""
        self.send(type="ping", payload={"at": "the end"})
        return bool(self.receive() == {"type": "pong", "payload": {"at": "the end"}})


@contextmanager
def live_server(**values: Any) -> Iterator[LiveServer]:
    """Runs a server with these settings."""
    settings = make_settings(database_url=NOWHERE, **values)
    app = create_app(settings, database_url=NOWHERE, schema=SCHEMA, engine_class=StreamingEngine)
    app.state.engine.streams = []
    app.state.services.tokens.revoked.update((), as_of=math.inf)
    with served(app, settings, timeout_graceful_shutdown=1, proxy_headers=False) as url, ExitStack() as stack:
        yield LiveServer(app, url, stack)


@pytest.fixture(scope="module")
def shared_server() -> Iterator[LiveServer]:
    """One server for the tests of a module."""
    with live_server(max_live_connections_per_user=1000) as server:
        yield server


@pytest.fixture
def server(shared_server: LiveServer) -> LiveServer:
    """The server of the module, without the streams of earlier tests."""
    shared_server.streams.clear()
    shared_server.app.state.engine.refusal = None
    return shared_server


@contextmanager
def event_stream(server: LiveServer, query: str = "subscription { tick }", **options: Any) -> Iterator[Any]:
    """Opens an event stream; yields the response."""
    headers = {"Accept": "text/event-stream", **options.pop("headers", {})}
    with (
        httpx.Client(base_url=server.url, timeout=PATIENCE) as http,
        http.stream("POST", "/graphql", json={"query": query, **options}, headers=headers) as response,
    ):
        yield response


def wait_until(done: Callable[[], bool]) -> None:
    """Polls until the condition is true."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)
