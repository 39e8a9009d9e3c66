"""The queue of one subscription."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeAlias

from infocus_graphql.graph.event_source import EventRecord, Topic

BATCH: Final = 500  # events that are read from the log at once
_MAX_WAITING: Final = 100

ReadBacklog: TypeAlias = Callable[[Topic, str], Awaitable[list[EventRecord]]]


class EventQueue:
    """The events of a topic in order, without gaps.

    It holds a bounded number of events. If the subscription is slower than the events, or continues from an
    earlier event, the queue lags: it reads the events from the log until it has caught up.
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
            return  # it will be read from the log
        if len(self._waiting) == _MAX_WAITING:
            self.lag()
            return
        self._waiting.append(event)
        self._changed.set()

    def lag(self) -> None:
        """Makes the queue read from the log what it doesn't hold."""
        self._waiting.clear()
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
            if self._lags:
                # The backlog ends with the last event that the feed has passed on; later ones are put.
                self._lags = False
                found = await self._backlog(self.topic, self._after)
                if len(found) == BATCH:
                    self.lag()
                for event in found:
                    if self._closed:
                        break
                    self._after = event.id
                    yield event
                continue
            while self._waiting and not self._closed and not self._lags:
                event = self._waiting.popleft()
                if event.id > self._after:
                    self._after = event.id
                    yield event
            if not self._waiting and not self._lags and not self._closed:
                self._changed.clear()
                await self._changed.wait()
        if self._error is not None:
            raise self._error
