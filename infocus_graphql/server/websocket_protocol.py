"""uvicorn's WebSocket protocol with limits and timeouts against hostile clients."""

import asyncio
import logging
import socket
import struct
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Final

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent, WebSocketCloseEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from infocus_graphql.http.live.messages import CloseCode

_PIECE: Final = 8_192
_MAX_FRAMES: Final = 1_000
_MIN_SENT: Final = 65_536
_CLOSE_SECONDS: Final = 5.0
_LINGER_SECONDS: Final = 1.0
_TOO_BIG: Final = 1009
_NOT_UTF_8: Final = 1007
_SLOW: Final = "Slow consumer; reconnect and resume"
_LINGER_RESET: Final = struct.pack("ii", 1, 0)
# What the system buffers in addition to what is in flight; by default it takes megabytes for a slow client.
_UNSENT_OPTION: Final[int | None] = getattr(socket, "TCP_NOTSENT_LOWAT", None)
_UNSENT_BYTES: Final = 65_536


class HardenedWebSocketProtocol(WebSocketsSansIOProtocol):
    """Disconnects clients that read too slowly, and leaves the end at shutdown to the application.

    Messages that arrive together are parsed in pieces, the next when the application has handled the last.
    While a client does not read, its own messages are not read either.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # uvicorn would log each handshake, with its path and query string.
        self.logger = logging.getLogger("infocus.websockets")
        self.close_timeout = _CLOSE_SECONDS
        self._send_seconds: float = self.config.bounds.send_seconds  # type: ignore[attr-defined]  # HardenedConfig
        self._pieces = bytearray()
        self._unsent = 0
        self._sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limits the system's send buffer, so that slow clients are noticed."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if _UNSENT_OPTION is not None and connection.family in {socket.AF_INET, socket.AF_INET6}:
            connection.setsockopt(socket.IPPROTO_TCP, _UNSENT_OPTION, _UNSENT_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the timers."""
        self._pieces.clear()
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses the first piece; the others follow."""
        self._pieces += data
        self._parse_piece()

    def pause_writing(self) -> None:
        """Called when the write buffer is full: the client reads slower than we write."""
        super().pause_writing()
        self._pause_reading()
        self._watch()

    def resume_writing(self) -> None:
        """Called when the client has read nearly all of the write buffer."""
        super().resume_writing()
        self._stop_watching()
        self._resume_reading()

    def shutdown(self) -> None:
        """Called at shutdown. The application closes its sockets itself, spread over time."""
        leaving: bool = self.config.leaving  # type: ignore[attr-defined]  # HardenedConfig
        if not leaving or not self.handshake_complete or self.close_sent:
            super().shutdown()

    def keepalive_timeout(self) -> None:
        """Called if a client has not sent a pong in time."""
        super().keepalive_timeout()
        self._abort_later(_CLOSE_SECONDS)

    def handle_parser_exception(self) -> None:
        """Called if a frame is invalid or too large. The rest is discarded: a reset would hide our frame."""
        closing = self.conn.close_sent
        if closing is not None and not self.close_sent:
            message = {"type": "websocket.disconnect", "code": closing.code, "reason": closing.reason}
            self.queue.put_nowait(message)  # type: ignore[arg-type]  # a TypedDict
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self._abort_later(_LINGER_SECONDS)

    def handle_cont(self, event: Frame) -> None:
        """Limits the number of fragments of a message; its size is limited elsewhere."""
        if len(self.frames) >= _MAX_FRAMES:
            self._close(_TOO_BIG, "The message has too many fragments")
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Passes a message on if it is valid UTF-8."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self._close(_NOT_UTF_8, "The message is not UTF-8")
                return
        super().send_receive_event_to_app()

    async def receive(self) -> ASGIReceiveEvent:
        """The next message."""
        message = await self.queue.get()
        self._parse_piece()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        """Sends a message; waits while the client does not read, except to close."""
        if message["type"] == "websocket.close" and self.handshake_complete:
            closing: WebSocketCloseEvent = message
            self._close(closing.get("code", 1000), closing.get("reason") or "")
            return
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)

    def _parse_piece(self) -> None:
        if self.conn.parser_exc is not None:
            self._pieces.clear()
        elif self._pieces and self._handled and not self.disconnected:
            piece = bytes(self._pieces[:_PIECE])
            del self._pieces[:_PIECE]
            super().data_received(piece)
            if self.transport.is_closing() and self.close_timer is None:
                self._abort_later(_CLOSE_SECONDS)  # the rest of the write buffer must be read in time
        if not self._pieces:
            self._resume_reading()
            return
        self._pause_reading()
        if self._handled:
            self.loop.call_soon(self._parse_piece)

    @property
    def _handled(self) -> bool:
        """Whether the application has received all messages, or receives none any more."""
        return self.queue.empty() or self.close_sent

    def _pause_reading(self) -> None:
        if not self.read_paused and not self.transport.is_closing():
            self.read_paused = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        ready = self._handled and not self._pieces and (self.writable.is_set() or self.close_sent)
        if self.read_paused and ready and not self.transport.is_closing():
            self.read_paused = False
            self.transport.resume_reading()

    def _close(self, code: int, reason: str) -> None:
        """Sends a close frame after all that is buffered, and disconnects a client that does not respond."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        self._stop_watching()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        slow = self.transport.get_write_buffer_size() > 0
        self._abort_later(self._send_seconds if slow else _CLOSE_SECONDS)
        self.writable.set()  # those who wait there find the socket closed

    def _abort_later(self, seconds: float) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(seconds, self._abort)

    def _abort(self) -> None:
        if self.transport.get_write_buffer_size() > 0:
            # With SO_LINGER 0 the system discards its send buffer instead of keeping it for the client.
            self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _LINGER_RESET)
        self.transport.abort()

    def _watch(self) -> None:
        if self._sending is None and not self.close_sent:
            self._unsent = self.transport.get_write_buffer_size()
            self._sending = self.loop.call_later(self._send_seconds, self._check_sending)

    def _check_sending(self) -> None:
        self._sending = None
        if self._unsent - self.transport.get_write_buffer_size() < _MIN_SENT:
            self.logger.info("slow client disconnected")
            self._close(CloseCode.SLOW_CONSUMER, _SLOW)
        else:
            self._watch()

    def _stop_watching(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
