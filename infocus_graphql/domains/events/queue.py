"""The queue of one subscription."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeAlias

import structlog

from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.graph.event_source import EventRecord, Topic

log = structlog.get_logger("infocus.events")

BATCH: Final = 500  # events that are read from the log at once
_MAX_WAITING: Final = 100
_RETRY_SECONDS: Final = 0.5

ReadBacklog: TypeAlias = Callable[[Topic, str], Awaitable[list[EventRecord]]]


class EventQueue:
    """The events of a topic in order, without gaps.

    It holds a bounded number of events. If the subscription is slower than the events, or continues from an
    earlier event, the queue *lags*: what follows the events that it holds is in the log, and read from there.
    """

    def __init__(
        self, topic: Topic, after: str, backlog: ReadBacklog, discard: "Callable[[EventQueue], None]"
    ) -> None:
        self.topic = topic
        self._after, self._backlog, self._discard = after, backlog, discard
        self._waiting: deque[EventRecord] = deque()
        self._lags, self._closed = False, False
        self._error: Exception | None = None
        self._changed = asyncio.Event()

    def put(self, event: EventRecord) -> None:
        """Adds an event that follows all earlier ones."""
        if self._lags:
            return
        if len(self._waiting) >= _MAX_WAITING:
            self.lag()
            return
        self._waiting.append(event)
        self._changed.set()

    def lag(self) -> None:
        """Makes the queue read from the log what follows the events that it holds."""
        self._lags = True
        self._changed.set()

    def close(self, error: Exception | None = None) -> None:
        """Ends the iteration, with `error` if it is given."""
        self._closed, self._error = True, error
        self._waiting.clear()
        self._discard(self)
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[EventRecord]:
        """Iterates until the queue is closed."""
        while not self._closed:
            if self._waiting:
                event = self._waiting.popleft()
                if event.id > self._after:
                    self._after = event.id
                    yield event
            elif self._lags:
                await self._catch_up()
            else:
                self._changed.clear()
                await self._changed.wait()
        if self._error is not None:
            raise self._error

    async def _catch_up(self) -> None:
        """Reads a batch from the log. Events that are put meanwhile follow it, because the feed's log ends
        with the last event that it has put.
        """
        self._lags = False
        try:
            found = await self._backlog(self.topic, self._after)
        except Exception as error:
            if classify_transient(error) is None:
                raise
            log.warning("events could not be read", reason=type(error).__name__)
            self.lag()
            await asyncio.sleep(_RETRY_SECONDS)
            return
        if self._closed:
            return
        if len(found) == BATCH:  # more may follow, before those that were put
            self._waiting.clear()
            self.lag()
        self._waiting.extendleft(reversed(found))
