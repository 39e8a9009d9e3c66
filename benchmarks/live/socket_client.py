"""A small WebSocket client for thousands of connections in one process; speaks `graphql-transport-ws`."""

import asyncio
import base64
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias

import orjson

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_MEDIUM, _LARGE = 126, 127
_HEAD: Final = (
    "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\nAuthorization: Bearer {token}\r\n\r\n"
)

OnMessage: TypeAlias = Callable[["SocketClient", dict[str, Any]], None]


class SocketClient(asyncio.Protocol):
    """One connection. `on_message` gets each message of the subprotocol except pings."""

    def __init__(self, token: str, port: int, on_message: OnMessage) -> None:
        self._token, self._port, self._on_message = token, port, on_message
        self._buffer = b""
        self._open = False
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self.last_event_id: str | None = None

    @classmethod
    async def connect(cls, token: str, port: int, on_message: OnMessage) -> "SocketClient":
        """A connection that the server has acknowledged. Raises OSError if it is refused."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(token, port, on_message), "127.0.0.1", port)
        async with asyncio.timeout(30):
            await client.ready
        return client

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message of the subprotocol."""
        self._frame(_TEXT, orjson.dumps(message))

    def close(self) -> None:
        """Closes the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the handshake."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("not a stream")
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(_HEAD.format(port=self._port, key=key, token=self._token).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends what waits for the connection."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("refused"))
            with suppress(ConnectionError):
                self.ready.exception()
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Reads the response of the handshake, and then frames."""
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0] + b" ":
                self.close()
                return
            self._open, self._buffer = True, rest
            self.send({"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}})
        while (frame := self._next_frame()) is not None:
            self._received(*frame)

    def _next_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 127, 2
        if length == _MEDIUM:
            length, start = int.from_bytes(buffer[2:4]), 4
        elif length == _LARGE:
            length, start = int.from_bytes(buffer[2:10]), 10
        if len(buffer) < start + length:
            return None
        self._buffer = buffer[start + length :]
        return buffer[0] & 15, buffer[start : start + length]

    def _received(self, opcode: int, payload: bytes) -> None:
        if opcode == _PING:
            self._frame(_PONG, payload)
        elif opcode == _CLOSE:
            if not self.closed.done():
                self.closed.set_result(int.from_bytes(payload[:2]) if payload else None)
            self.close()
        elif opcode == _TEXT:
            message: dict[str, Any] = orjson.loads(payload)
            if message["type"] == "connection_ack":
                if not self.ready.done():
                    self.ready.set_result(None)
            elif message["type"] == "ping":
                self.send({"type": "pong"})
            else:
                self._on_message(self, message)

    def _frame(self, opcode: int, payload: bytes) -> None:
        """Sends a masked frame; a mask of zeros leaves the payload as it is."""
        length = len(payload)
        if length < _MEDIUM:
            head = bytes((128 | opcode, 128 | length))
        else:
            head = bytes((128 | opcode, 128 | _MEDIUM)) + length.to_bytes(2)
        if self._transport is not None:
            self._transport.write(head + b"\0\0\0\0" + payload)
