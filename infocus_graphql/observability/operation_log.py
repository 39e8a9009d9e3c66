"""One line for one operation: what, for whom, how long, and which errors; never its values."""

import logging
import os
import re
import select
import stat
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, TextIO

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
    """Writes events as lines of JSON to a stream, and drops them while nobody takes them.

    It goes past the processors and handlers of all other logs: there is one for each operation.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._has_room = _room_of(stream)
        self._dropped = 0

    def write(self, event: dict[str, Any]) -> None:
        """Writes an event, with the number of those dropped just before it; never waits, never fails."""
        if self._dropped:
            event["dropped"] = self._dropped
        try:
            # A full pipe means that its reader hangs, and our clients must not hang with it.
            if self._has_room():
                self._stream.write(orjson.dumps(event, option=_FORMAT).decode())
                self._stream.flush()
                self._dropped = 0
                return
        except (OSError, ValueError, orjson.JSONEncodeError):
            pass  # the stream is closed or broken: there is nobody to tell, but the count
        self._dropped += 1


class OperationLog:
    """Where the lines of operations go: as JSON to a stream, or the way of all other logs."""

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
    ) -> None:
        """Writes the line of one operation, if the level of the logs is low enough."""
        if not self._logger.isEnabledFor(logging.INFO):
            return
        kind, name = kind_and_name(query, operation_name)
        event: dict[str, Any] = {
            "operation": name,
            "type": kind,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "viewer": viewer_id,
            "errors": codes or None,
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
    """Type and name as the document's first words tell them: cheap, and good enough for a log."""
    opening = _OPENING.match(query or "")
    if opening is None:
        return None, None
    kind = "query" if opening[1] == "{" else opening[1]
    if operation_name is None:
        return kind, None if opening[1] == "{" else opening[2]
    # With several operations in the document the first words are of one of them only.
    known = _NAME.fullmatch(operation_name)
    return (kind if operation_name == opening[2] else None), known and known[0]


def _room_of(stream: TextIO) -> Callable[[], object]:
    """Asks whether a line would be taken at once; files always take it, pipes and terminals may not."""
    try:
        descriptor = stream.fileno()
        blocks = os.name == "posix" and not stat.S_ISREG(os.fstat(descriptor).st_mode)
    except (OSError, ValueError):  # no file of the system at all
        blocks = False
    return (lambda: select.select((), (descriptor,), (), 0)[1]) if blocks else (lambda: True)
