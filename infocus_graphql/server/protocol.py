"""HTTP/1.1 on a connection that may be hostile: uvicorn's protocol, with an end to everything."""

import asyncio
import struct
from dataclasses import dataclass
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Final, NoReturn

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from infocus_graphql.http.errors import HttpError, bad_request, error_body
from infocus_graphql.http.hosts import host_problem
from infocus_graphql.server.response_writer import BufferedResponder
from infocus_graphql.server.upgrade_requests import UpgradeIgnoringProtocol
from infocus_graphql.settings import Settings

log = structlog.get_logger("infocus.http")

_PIECE: Final = 32_768
_LEAST_SENT: Final = 65_536
_LINGER_SECONDS: Final = 1.0
_FIRST_REQUEST_SECONDS: Final = 1.0  # on a connection that was made just before the end
_LINGER_RESET: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How much a client may send, and how long it may take."""

    connections: int
    headers: int
    header_bytes: int
    bytes: int
    header_seconds: float
    body_seconds: float
    send_seconds: float

    @classmethod
    def of(cls, settings: Settings) -> "ConnectionLimits":
        """The bounds that are configured."""
        return cls(
            connections=settings.max_connections,
            headers=settings.max_headers,
            header_bytes=settings.max_header_bytes,
            # Where it is read, the body is measured exactly; in chunks of a byte it is six times as large.
            bytes=settings.max_header_bytes + 8 * settings.max_body_bytes,
            header_seconds=settings.header_seconds,
            body_seconds=settings.body_seconds,
            send_seconds=settings.send_seconds,
        )


class HardenedConfig(uvicorn.Config):
    """uvicorn's configuration, for the protocol below."""

    def __init__(self, app: Any, settings: Settings, **options: Any) -> None:
        kept = settings.keep_alive_seconds
        # WebSockets would be read by a protocol without these bounds, as soon as somebody installs one.
        super().__init__(
            app, http=HardenedHttpProtocol, ws="none", timeout_keep_alive=kept, server_header=False, **options
        )
        self.bounds = ConnectionLimits.of(settings)
        self.leaving = False  # whether the server is ending, so that connections end with their next response


class HardenedHttpProtocol(UpgradeIgnoringProtocol):
    """Refuses heads that are too large, and cuts off who is too slow in sending or in taking answers.

    What arrives whole costs no timer; whoever lets us wait gets one for the head and one for the body.
    """

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
        self._waiting: HttpError | None = None  # until the requests before it are answered
        # Where in a request we are: between two of them, in its head, or in its body.
        self._between = self._in_head = True
        self._size = 0  # of what came of a request; at least, as its first bytes can follow another one
        self._arriving: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._unsent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """A client has come: it has to say something soon."""
        super().connection_made(transport)
        if len(self.connections) > self._bounds.connections:
            again = {"Retry-After": "1"}
            self._refuse(HttpError(503, "SERVICE_UNAVAILABLE", "There are too many connections.", again))
            transport.close()
        else:
            self._arriving = self.loop.call_later(self._bounds.header_seconds, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was sent away."""
        self._arrived()
        if self._sending is not None:
            self._sending.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, within the bounds."""
        if len(data) <= _PIECE:
            self._read(data)
            return
        # In pieces, so that ten thousands of headers are not all read before they are counted.
        for start in range(0, len(data), _PIECE):
            self._read(data[start : start + _PIECE])

    def _read(self, data: bytes) -> None:
        if self._refused:
            return  # read all the same, or the client would not see why it was refused
        began = not self._between
        self._size += len(data)
        super().data_received(data)
        if self._refused or (self._between and not self._idle()):
            return
        if began and self._size > (self._bounds.header_bytes if self._in_head else self._bounds.bytes):
            # The parser keeps a header to itself until it is complete, be it in front of the body or behind.
            self._refuse(self._too_large())
        elif self._in_head and not self._between and len(self.headers) > self._bounds.headers:
            self._refuse(self._too_large())
        elif self._arriving is None and not self.transport.is_closing():
            seconds = self._bounds.header_seconds if self._in_head else self._bounds.body_seconds
            self._arriving = self.loop.call_later(seconds, self._too_slow)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._between = False

    def on_headers_complete(self) -> None:
        """The head is there."""
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
        if self.cycle is not before:
            if self._config.leaving:
                self.cycle.keep_alive = False
            self.cycle.send = BufferedResponder(self.cycle).send  # type: ignore[method-assign]  # it is made in there

    def on_message_complete(self) -> None:
        """The request is there."""
        self._between = self._in_head = True
        self._size = 0
        self._arrived()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuses what can't be read."""
        self._refuse(self._problem or bad_request("That is no HTTP request that can be read."))

    def on_response_complete(self) -> None:
        """An answer was handed over; when it is the last, it must be taken in time."""
        in_line = len(self.pipeline)
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_sending()
        elif self._waiting is not None and not in_line:
            self._unset_keepalive_if_required()
            self._say(self._waiting)

    def timeout_keep_alive_handler(self) -> None:
        """There was no further request; what is left of an answer must be taken in time."""
        super().timeout_keep_alive_handler()
        self._watch_sending()

    def shutdown(self) -> None:
        """The server is ending. A request that is on its way is still answered."""
        if self._in_head and not self._between:
            return  # it has its time to arrive, and its response is the last one
        if self.cycle is None:
            if self._arriving is not None:  # else it was refused
                self._arriving.cancel()
                self._arriving = self.loop.call_later(_FIRST_REQUEST_SECONDS, self._too_slow)
            return
        super().shutdown()
        if self.transport.is_closing():
            self._watch_sending()

    def pause_writing(self) -> None:
        """The client takes its answer slower than it is made."""
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        """The client has taken nearly all."""
        super().resume_writing()
        self._sent()

    def _stop(self, problem: HttpError) -> NoReturn:
        """Makes the parser stop reading, which then says that it can't read this."""
        self._problem = problem
        raise problem

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _too_large(self) -> HttpError:
        bounds = self._bounds
        if not self._in_head:
            return HttpError(413, "PAYLOAD_TOO_LARGE", f"A request has at most {bounds.bytes:,} bytes.")
        message = f"At most {bounds.headers} headers, with the address {bounds.header_bytes:,} bytes."
        return HttpError(431, "HEADERS_TOO_LARGE", message)

    def _too_slow(self) -> None:
        self._arriving = None
        if self._between:
            self.transport.close()  # nothing was asked, as browsers do that connect beforehand
        else:
            self._refuse(HttpError(408, "REQUEST_TIMEOUT", "The request took too long to arrive."))

    def _refuse(self, problem: HttpError) -> None:
        """Answers what can't become a request, after those before it, and closes when that could be read."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._arrived()
        log.info("request rejected", code=problem.code, status=problem.status)
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._say(problem)
        elif not cycle.more_body:
            self._waiting = problem  # the fault is behind whole requests, which are answered first
        else:
            self._refuse_half(problem)

    def _refuse_half(self, problem: HttpError) -> None:
        """Refuses the newest request, of which there is the head and a part of the body."""
        cycle = self.cycle
        cycle.disconnected = True
        cycle.message_event.set()
        if self.pipeline:
            self.pipeline.popleft()  # it has not begun; those before it are whole
            self._waiting = problem
        elif cycle.response_started:  # this would pass for a part of its answer
            self.transport.close()
            self._watch_sending()
        else:
            self._say(problem)

    def _say(self, problem: HttpError) -> None:
        """Sends the last answer of this connection."""
        self.transport.write(_answer(problem, self.server_state.default_headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._sending = self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def _idle(self) -> bool:
        """Whether nothing is being answered, and so no answer's end will start the time of keeping alive."""
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
        if self._unsent - left < _LEAST_SENT:
            log.info("slow client disconnected", code="RESPONSE_WRITE_TIMEOUT", unsent=left)
            # Or the system would keep what it has taken from us until the client wants it.
            self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, _LINGER_RESET)
            self.transport.abort()
        else:
            self._watch_sending()


def _answer(problem: HttpError, default_headers: list[tuple[bytes, bytes]]) -> bytes:
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
