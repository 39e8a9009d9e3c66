"""The operation log: one entry per operation with name, viewer, duration and error codes, without values."""

import logging
import os
import re
import select
import stat
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, TextIO

import orjson
import structlog

from infocus_graphql.core.clock import now, rfc3339

LOGGER: Final = "infocus.http"
_NAME: Final = re.compile(r"[_A-Za-z]\w{0,99}", re.ASCII)
_OPENING: Final = re.compile(
    r"[\s,\ufeff]*(?:#[^\n\r]*[\s,]*)*(query|mutation|subscription|\{)\s*([_A-Za-z]\w{0,99})?",
    re.ASCII,
)
_FORMAT: Final = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE

operations = structlog.get_logger(LOGGER)
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class JsonLines:
    """Writes events as JSON lines to a stream, and drops them while the stream's reader is blocked.

    Bypasses the processors and handlers of other logs, which are too slow for one entry per operation.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._has_room = _room_of(stream)
        self._dropped = 0

    def write(self, event: dict[str, object]) -> None:
        """Writes an event, with the number of events dropped before it. Never blocks and never raises."""
        if self._dropped:
            event["dropped"] = self._dropped
        try:
            # A full pipe means that its reader is stuck; requests must not wait for it.
            if self._has_room():
                self._stream.write(orjson.dumps(event, option=_FORMAT).decode())
                self._stream.flush()
                self._dropped = 0
                return
        except (OSError, ValueError, orjson.JSONEncodeError):
            pass  # the stream is closed or broken: only the count is left to report it
        self._dropped += 1


class OperationLog:
    """Writes operation log entries: as JSON lines to a stream, or through the ordinary logger."""

    def __init__(self) -> None:
        self.lines: JsonLines | None = None
        self._logger = logging.getLogger(LOGGER)

    def write(
        self,
        *,
        query: str | None,
        operation_name: str | None,
        status: int,
        seconds: float,
        viewer_id: str | None,
        codes: list[str],
        planned: bool | None = None,
        unplanned_reason: str | None = None,
        **more: object,
    ) -> None:
        """Writes the entry of one operation, if the log level includes INFO.

        `more` describes operations on live connections: their transport, and the stage of a subscription.
        """
        if not self._logger.isEnabledFor(logging.INFO):
            return
        kind, name = kind_and_name(query, operation_name)
        event: dict[str, object] = {
            "operation": name,
            "type": kind,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "viewer": viewer_id,
            "errors": codes or None,
            "planned": planned,  # null when nothing was run
            "unplanned_reason": unplanned_reason,
            **more,
        }
        if self.lines is None:
            operations.info("operation", **event)
            return
        event["event"] = "operation"
        event["request_id"] = request_id.get()
        event["level"] = "info"
        event["logger"] = LOGGER
        event["timestamp"] = rfc3339(now())
        self.lines.write(event)


operation_log: Final = OperationLog()


def kind_and_name(query: str | None, operation_name: str | None) -> tuple[str | None, str | None]:
    """Type and name of the operation from the first words of the document: cheap, and enough for a log."""
    opening = _OPENING.match(query or "")
    if opening is None:
        return None, None
    kind = "query" if opening[1] == "{" else opening[1]
    if operation_name is None:
        return kind, None if opening[1] == "{" else opening[2]
    # With several operations in the document, the first words describe only one of them.
    known = _NAME.fullmatch(operation_name)
    return (kind if operation_name == opening[2] else None), known and known[0]


def _room_of(stream: TextIO) -> Callable[[], object]:
    """A function that returns whether a write wouldn't block: always for files, not for full pipes."""
    try:
        descriptor = stream.fileno()
        blocks = os.name == "posix" and not stat.S_ISREG(os.fstat(descriptor).st_mode)
    except (OSError, ValueError):  # no file descriptor
        blocks = False
    return (lambda: select.select((), (descriptor,), (), 0)[1]) if blocks else (lambda: True)
