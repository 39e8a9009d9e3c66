"""Answers that are there in one piece are written in one piece: what uvicorn would send, for less."""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

# Headers that mean something to the connection. Streams, and answers with others than the first, are
# uvicorn's to send.
_OF_THE_CONNECTION: Final = {b"content-length", b"connection", b"transfer-encoding", b"upgrade", b"trailer"}
_BODILESS: Final = {204, 304}
_COPIED: Final = 65_536  # bytes of a body that are copied sooner than written by themselves


class BufferedResponder:
    """What an application sends in answer to one request, after which the connection takes the next one."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._send = cycle.send
        self._start: Any = None

    async def send(self, message: Any) -> None:
        """Takes a message as ASGI has them; nothing goes out before there is a part of the body."""
        if self._cycle.transport.is_closing():
            # Of requests that wait in line, uvicorn tells the last alone that the client has gone.
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
        """The head of an answer that is whole and has nothing special; None for any other."""
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
        # A line break in a header would be an attack, or a mistake: uvicorn refuses it.
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
