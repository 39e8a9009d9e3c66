"""Writes complete responses with a single `transport.write`; anything unusual falls back to uvicorn."""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

# Headers about the connection. A response with any of them but Content-Length is left to uvicorn.
_OF_THE_CONNECTION: Final = {b"content-length", b"connection", b"transfer-encoding", b"upgrade", b"trailer"}
_BODILESS: Final = {204, 304}
_COPIED: Final = 65_536  # bytes; copying a smaller body to its head is cheaper than a second write


class BufferedResponder:
    """The ASGI `send` of one request: buffers the response start until the first part of the body."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._send = cycle.send
        self._start: Any = None

    async def send(self, message: Any) -> None:
        """Accepts an ASGI message; writes nothing before the first part of the body."""
        if self._cycle.transport.is_closing():
            # Of pipelined requests, uvicorn marks only the last one as disconnected.
            self._cycle.disconnected = True
        if message["type"] == "http.response.start" and not self._cycle.response_started:
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            head = self._head(start, message)
            if head is not None:
                self._write(head, message.get("body", b""))
                return
            await self._send(start)
        await self._send(message)

    def _head(self, start: Any, message: Any) -> bytes | None:
        """The head of a complete, ordinary response; None if uvicorn has to send it."""
        cycle, status = self._cycle, start["status"]
        if message.get("more_body") or message["type"] != "http.response.body" or status in _BODILESS:
            return None
        if cycle.disconnected or cycle.flow.write_paused or cycle.scope["method"] == "HEAD":
            return None
        headers = [*cycle.default_headers, *start.get("headers", ())]
        length, parts = b"", [STATUS_LINE[status]]
        for name, value in headers:
            if name in _OF_THE_CONNECTION:
                if name != b"content-length":
                    return None
                length = value
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        head = b"".join(parts)
        # Line breaks in a header would allow response splitting; uvicorn rejects them.
        lines = len(headers) + (2 if cycle.keep_alive else 3)
        if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
            return None
        return head if length == b"%d" % len(message.get("body", b"")) else None

    def _write(self, head: bytes, body: bytes) -> None:
        cycle = self._cycle
        if len(body) <= _COPIED:
            cycle.transport.write(head + body)
        else:
            cycle.transport.write(head)
            cycle.transport.write(body)
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
