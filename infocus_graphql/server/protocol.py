"""uvicorn's HTTP/1.1 protocol with limits and timeouts against hostile clients."""

import asyncio
import struct
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Final, NoReturn

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from infocus_graphql.http.errors import HttpError, bad_request, error_body
from infocus_graphql.http.hosts import host_problem
from infocus_graphql.server.connection_limits import ConnectionLimits
from infocus_graphql.server.upgrade_requests import UpgradeProtocol
from infocus_graphql.server.websocket_protocol import HardenedWebSocketProtocol
from infocus_graphql.settings import Settings

log = structlog.get_logger("infocus.http")

_PIECE: Final = 32_768
_MIN_SENT: Final = 65_536
_LINGER_SECONDS: Final = 1.0
_LONGEST_LINE: Final = 8_000  # in a WebSocket handshake; the library rejects longer lines
_FIRST_REQUEST_SECONDS: Final = 1.0  # on a connection opened just before shutdown
_LINGER_RESET: Final = struct.pack("ii", 1, 0)


class HardenedConfig(uvicorn.Config):
    """uvicorn's configuration with `HardenedHttpProtocol`."""

    def __init__(self, app: Any, settings: Settings, **options: Any) -> None:
        super().__init__(
            app,
            http=HardenedHttpProtocol,
            ws=HardenedWebSocketProtocol,
            ws_max_size=settings.max_body_bytes,
            ws_ping_interval=settings.socket_ping_seconds,
            ws_ping_timeout=settings.socket_ping_seconds,
            # Compression takes a megabyte for a hundred sockets, and its lengths could reveal a token.
            ws_per_message_deflate=False,
            timeout_keep_alive=settings.keep_alive_seconds,
            server_header=False,
            **options,
        )
        self.bounds = ConnectionLimits.of(settings)
        self.leaving = False  # shutting down: connections close after their next response


class HardenedHttpProtocol(UpgradeProtocol):
    """Rejects oversized request heads and disconnects clients that are too slow to send or to read.

    A request that arrives in one piece costs no timer; otherwise there is one for the head and one for the
    body.
    """

    socket_paths = frozenset({b"/graphql", b"/graphql/"})

    def __init__(
        self,
        config: HardenedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._config, self._bounds = config, config.bounds
        self._problem: HttpError | None = None
        self._refused = False
        self._upgraded = False
        self._waiting: HttpError | None = None  # sent after the responses to earlier pipelined requests
        # The position in the stream: between requests (both True), in a head, or in a body (both False).
        self._between = self._in_head = True
        # Bytes received of a request; a lower bound, as its start can share a read with the previous one.
        self._size = 0
        self._arriving: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._unsent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Starts the timer for the first request, or rejects the connection if there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._bounds.connections:
            again = {"Retry-After": "1"}
            self._refuse(HttpError(503, "SERVICE_UNAVAILABLE", "There are too many connections.", again))
            transport.close()
        else:
            self._arriving = self.loop.call_later(self._bounds.header_seconds, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the timers."""
        self._arrived()
        if self._sending is not None:
            self._sending.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, within the limits."""
        if len(data) <= _PIECE:
            self._read(data)
            return
        # In pieces, so that the headers are counted before tens of thousands are parsed.
        for start in range(0, len(data), _PIECE):
            self._read(data[start : start + _PIECE])

    def _read(self, data: bytes) -> None:
        if self._refused:
            return  # keep reading and discard: a reset would hide the error response from the client
        if self._upgraded:
            self.transport.abort()  # a client has to wait for the response to its handshake
            return
        began = not self._between
        self._size += len(data)
        super().data_received(data)
        if self._upgraded:
            self.parser = None  # breaks a reference cycle
            return
        if self._refused or (self._between and not self._idle()):
            return
        if began and self._size > (self._bounds.header_bytes if self._in_head else self._bounds.bytes):
            # The parser buffers a header until it is complete, in the head as well as in the trailer.
            self._refuse(self._too_large())
        elif self._in_head and not self._between and len(self.headers) > self._bounds.headers:
            self._refuse(self._too_large())
        elif self._arriving is None and not self.transport.is_closing():
            seconds = self._bounds.header_seconds if self._in_head else self._bounds.body_seconds
            self._arriving = self.loop.call_later(seconds, self._too_slow)

    def on_message_begin(self) -> None:
        """Called at the first byte of a request."""
        super().on_message_begin()
        self._between = False

    def on_headers_complete(self) -> None:
        """Checks the headers of a request."""
        self._arrived()
        if len(self.headers) > self._bounds.headers or (
            self._size > self._bounds.header_bytes and self._head_size() > self._bounds.header_bytes
        ):
            self._stop(self._too_large())
        if problem := host_problem(self.headers, self.parser.get_http_version()):
            self._stop(problem)
        self._in_head = False
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before and self._config.leaving:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Called at the end of a request."""
        self._between = self._in_head = True
        self._size = 0
        self._arrived()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Rejects a request that the parser can't parse, or that `_stop` rejected."""
        self._refuse(self._problem or bad_request("Malformed HTTP request."))

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection over to the WebSocket protocol."""
        if any(len(name) + len(value) > _LONGEST_LINE for name, value in (*self.headers, (b"", self.url))):
            self._in_head = True
            self._refuse(self._too_large())
            return
        # Sockets don't use cookies: pages of other sites could open sockets with them.
        self.headers[:] = [header for header in self.headers if header[0] != b"cookie"]
        self._upgraded = True
        self.scope["method"] = "GET"
        super().handle_websocket_upgrade()

    def on_response_complete(self) -> None:
        """Called when a response was written; the last one must be read in time."""
        queued = len(self.pipeline)
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_sending()
        elif self._waiting is not None and not queued:
            self._unset_keepalive_if_required()
            self._send_error(self._waiting)

    def timeout_keep_alive_handler(self) -> None:
        """Closes an idle connection; the rest of a pending response must be read in time."""
        super().timeout_keep_alive_handler()
        self._watch_sending()

    def shutdown(self) -> None:
        """Called at shutdown. A request that is arriving still gets a response."""
        if self._in_head and not self._between:
            return  # the request may still arrive in time, and its response closes the connection
        if self.cycle is None:
            if self._arriving is not None:  # else the connection was rejected
                self._arriving.cancel()
                self._arriving = self.loop.call_later(_FIRST_REQUEST_SECONDS, self._too_slow)
            return
        super().shutdown()
        if self.transport.is_closing():
            self._watch_sending()

    def pause_writing(self) -> None:
        """Called when the write buffer is full: the client reads slower than we write."""
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        """Called when the client has read nearly all of the write buffer."""
        super().resume_writing()
        self._sent()

    def _stop(self, problem: HttpError) -> NoReturn:
        """Aborts parsing: the parser turns the exception into its own, which leads to `send_400_response`."""
        self._problem = problem
        raise problem

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _too_large(self) -> HttpError:
        bounds = self._bounds
        if not self._in_head:
            return HttpError(413, "PAYLOAD_TOO_LARGE", f"The request exceeds {bounds.bytes:,} bytes.")
        message = (
            f"The request exceeds {bounds.headers} headers, or {bounds.header_bytes:,} bytes with its URL."
        )
        return HttpError(431, "HEADERS_TOO_LARGE", message)

    def _too_slow(self) -> None:
        self._arriving = None
        if self._between:
            self.transport.close()  # no request was sent: browsers open spare connections
        else:
            self._refuse(HttpError(408, "REQUEST_TIMEOUT", "The request took too long to arrive."))

    def _refuse(self, problem: HttpError) -> None:
        """Sends an error after the responses to earlier requests, and then closes the connection."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._arrived()
        log.info("request rejected", code=problem.code, status=problem.status)
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._send_error(problem)
        elif not cycle.more_body:
            self._waiting = problem  # the complete requests before it get their responses first
        else:
            self._refuse_partial(problem)

    def _refuse_partial(self, problem: HttpError) -> None:
        """Rejects the latest request, of which the head and a part of the body have arrived."""
        cycle = self.cycle
        cycle.disconnected = True
        cycle.message_event.set()
        if self.pipeline:
            self.pipeline.popleft()  # not started yet; the requests before it are complete
            self._waiting = problem
        elif cycle.response_started:  # an error would look like a part of the response
            self.transport.close()
            self._watch_sending()
        else:
            self._send_error(problem)

    def _send_error(self, problem: HttpError) -> None:
        """Sends the last response of this connection."""
        self.transport.write(_error_response(problem, self.server_state.default_headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._sending = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def _idle(self) -> bool:
        """Whether no response is pending, so that no end of a response will start the keep-alive timer."""
        return self.cycle is None or self.cycle.response_complete

    def _arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    def _sent(self) -> None:
        if self._sending is not None and not self._refused:
            self._sending.cancel()
            self._sending = None

    def _watch_sending(self) -> None:
        if self._sending is None:
            self._unsent = self.transport.get_write_buffer_size()
            self._sending = self.loop.call_later(self._bounds.send_seconds, self._check_sending)

    def _check_sending(self) -> None:
        self._sending = None
        left = self.transport.get_write_buffer_size()
        if left == 0:
            return
        if self._unsent - left < _MIN_SENT:
            log.info("slow client disconnected", code="RESPONSE_WRITE_TIMEOUT", unsent=left)
            # With SO_LINGER 0 the system discards its send buffer instead of keeping it for the client.
            self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _LINGER_RESET)
            self.transport.abort()
        else:
            self._watch_sending()


def _error_response(problem: HttpError, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    body = error_body(problem)
    headers = [
        *default_headers,
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return STATUS_LINE[problem.status] + lines + b"\r\n" + body
