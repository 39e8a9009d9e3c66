"""GraphQL over Server-Sent Events: sends a subscription as an event stream, in distinct connections mode."""

import asyncio
import random
from contextlib import suppress
from typing import Final

import orjson
from starlette.types import Receive, Send

from infocus_graphql.core.tasks import retrieve
from infocus_graphql.core.viewer import TokenFault
from infocus_graphql.graph.subscriptions import SubscriptionMessage
from infocus_graphql.http.headers import Headers
from infocus_graphql.http.live.connections import LiveConnections
from infocus_graphql.http.live.credentials import MESSAGES, Credentials
from infocus_graphql.http.live.operations import LiveStream

HEADERS: Final[Headers] = [
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
]
COMPLETE: Final = b"event: complete\ndata:\n\n"
_RETRY_MS: Final = 3000
_RESTART_MS: Final = (1000, 10_000)
_HEARTBEAT: Final = b":\n\n"
_SPREAD: Final = random.Random()  # noqa: S311 - spreads reconnects over time
# Newlines end a field of an event; in JSON they only occur between tokens.
_NEWLINES: Final = bytes.maketrans(b"\r\n", b"  ")


def next_event(json: bytes, event_id: str | None = None) -> bytes:
    """An execution result as an event."""
    identity = b"" if event_id is None else b"id: " + event_id.encode() + b"\n"
    return identity + b"event: next\ndata: " + json.translate(_NEWLINES) + b"\n\n"


def single_result(json: bytes) -> bytes:
    """The whole body for an operation with one result."""
    return next_event(json) + COMPLETE


class EventStream:
    """The response to a subscription, from its start to its end."""

    def __init__(self, stream: LiveStream, credentials: Credentials, heartbeat_seconds: float) -> None:
        self._stream = stream
        self.credentials = credentials
        self._heartbeat = heartbeat_seconds
        self._last_sent = 0.0
        self._pump: asyncio.Task[None] | None = None
        self._ended = False
        self._last_words = COMPLETE

    async def send(
        self, connections: LiveConnections, receive: Receive, send: Send, headers: Headers
    ) -> None:
        """Sends the response, until the subscription or the connection ends."""
        disconnected = asyncio.create_task(_disconnect(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._write(send, b"retry: %d\n\n" % _RETRY_MS)
            if not self._ended:
                self._pump = asyncio.create_task(self._send_events(send))
                self._pump.add_done_callback(retrieve)
                await self._wait(self._pump, disconnected, send)
            if not disconnected.done():
                await self._write(send, self._last_words, more=False)
        finally:
            connections.leave(self)
            disconnected.cancel()
            if self._pump is not None:
                self._pump.cancel()
                await asyncio.wait([self._pump])
            await self._stream.aclose()

    def end_for_token(self, fault: TokenFault) -> None:
        """Ends the stream with an error, because its token is not valid any more."""
        self._end(_error(fault.value, MESSAGES[fault]) + COMPLETE)

    def end_for_restart(self) -> None:
        """Ends the stream incomplete: the client reconnects after a random pause, and resumes."""
        self._end(b"retry: %d\n\n" % _SPREAD.randint(*_RESTART_MS))

    def _end(self, last_words: bytes) -> None:
        if self._ended or (self._pump is not None and self._pump.done()):
            return
        self._ended, self._last_words = True, last_words
        if self._pump is not None:
            self._pump.cancel()

    async def _wait(self, pump: "asyncio.Task[None]", disconnected: "asyncio.Task[None]", send: Send) -> None:
        """Sends heartbeats until the subscription or the connection ends."""
        loop = asyncio.get_running_loop()
        while not pump.done() and not disconnected.done():
            idle = loop.time() - self._last_sent
            if idle >= self._heartbeat:
                await self._write(send, _HEARTBEAT)
                idle = 0.0
            await asyncio.wait(
                (pump, disconnected), timeout=self._heartbeat - idle, return_when=asyncio.FIRST_COMPLETED
            )
        if pump.done() and not pump.cancelled():
            pump.result()

    async def _send_events(self, send: Send) -> None:
        message: SubscriptionMessage | None
        while (message := await self._stream.next()) is not None:
            await self._write(send, next_event(message.json, message.id))
        ended = self._stream.ended
        if ended is not None and ended.code == "SLOW_CONSUMER":
            # Not complete: the client reconnects, and resumes after the last event that it has read.
            self._last_words = b": SLOW_CONSUMER\nretry: %d\n\n" % _RETRY_MS
        elif ended is not None:
            self._last_words = _error(ended.code, ended.message) + COMPLETE

    async def _write(self, send: Send, data: bytes, *, more: bool = True) -> None:
        self._last_sent = asyncio.get_running_loop().time()
        await send({"type": "http.response.body", "body": data, "more_body": more})


async def _disconnect(receive: Receive) -> None:
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass


def _error(code: str, message: str) -> bytes:
    return next_event(orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]}))
