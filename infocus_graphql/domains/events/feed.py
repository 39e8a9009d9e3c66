"""The feed of a process: relays new events, and passes them to the process's subscriptions.

Triggers write events to an outbox. After each commit, the process that has written calls `relay_events`,
which gives the events their ids and notifies all processes. Every process also calls it once a second, so no
event is left behind by a process that ended. Notifications only wake the feed: it reads the log from
the last event that it has passed on, so a lost notification delays events by a second at most.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from math import inf
from time import time
from typing import Any, Final, TypeAlias

import asyncpg
import orjson
import structlog

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.domains.events.log_queries import BACKLOG, LAST_ID, NEW_EVENTS, RELAY, TRACKERS
from infocus_graphql.domains.events.models import CHANNEL
from infocus_graphql.domains.events.queue import BATCH, EventQueue
from infocus_graphql.graph.event_source import EventRecord, ResumeError, Topic, TopicKind

log = structlog.get_logger("infocus.events")

Connect: TypeAlias = Callable[[], Awaitable[asyncpg.Connection]]

_RELAY_BATCH: Final = 1000
_RELAYS: Final = 20
_POLL_SECONDS: Final = 1.0
# Commits in quick succession share one call of `relay_events`.
_RELAY_PAUSE: Final = 0.015
_RECONNECT_SECONDS: Final = 0.5
_TIMEOUT: Final = 10.0
_CLOCK_SKEW: Final = 3600.0  # of the database's clock
_ID: Final = re.compile(r"ev([0-9]{25})")
_RELAYED: Final = (RELAY, [_RELAY_BATCH])


class EventFeed:
    """Delivers the events of the log to the subscriptions of this process while `run` runs."""

    def __init__(self, reads: AsyncpgPool, changes: AsyncpgPool, connect: Connect, *, kept_days: int) -> None:
        self._reads, self._changes, self._connect = reads, changes, connect
        self._kept_days = kept_days
        self._queues: dict[Topic, set[EventQueue]] = {}
        self._last: str | None = None  # the last event passed on; None while there are no subscriptions
        self._committed, self._relayed, self._opened = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def wake(self) -> None:
        """Relays events soon. Called after each commit of this process."""
        self._committed.set()

    async def relay(self) -> None:
        """Adds the events of all committed changes to the log; after many changes, of the oldest ones."""
        for _ in range(_RELAYS):
            if await self._changes.write_once(_RELAYED) < _RELAY_BATCH:
                return

    @property
    def subscriptions(self) -> int:
        """The number of open subscriptions."""
        return sum(map(len, self._queues.values()))

    async def open(self, topic: Topic, after: str | None) -> EventQueue:
        """Opens a queue of the events of a topic: those after the event `after`, or from now on.

        Raises ResumeError if the log no longer has all events after `after`.
        """
        if after is not None:
            self._check_resumable(after)
        else:
            await self.relay()  # what was committed before now is not a new event
        last: str = await self._fetch(LAST_ID, [])
        self._last = self._last or last
        queue = EventQueue(topic, after or last, self._backlog, self._discard)
        if after is not None:
            queue.lag()
        self._queues.setdefault(topic, set()).add(queue)
        self._opened.set()
        return queue

    async def run(self) -> None:
        """Relays, listens and delivers until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for loop in (self._relay, self._deliver, self._listen):
                tasks.create_task(loop())

    def close(self) -> None:
        """Ends all queues, for the end of the process."""
        for queue in [each for queues in self._queues.values() for each in queues]:
            queue.close()

    async def _relay(self) -> None:
        while True:
            await _wait(self._committed)
            try:
                moved = await self._changes.write_once(_RELAYED)
                if moved:
                    self._relayed.set()
                if moved == _RELAY_BATCH:
                    self._committed.set()
            except Exception as error:  # the next call relays what is left
                log.warning("relay of events failed", reason=type(error).__name__)
                await asyncio.sleep(_RECONNECT_SECONDS)
            await asyncio.sleep(_RELAY_PAUSE)

    async def _deliver(self) -> None:
        while True:
            await _wait(self._relayed)
            if not self._queues:
                self._last = None
                continue
            try:
                while await self._pass_on() == BATCH:
                    pass
            except Exception as error:  # the next round reads from the same event
                log.warning("events could not be read", reason=type(error).__name__)
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _pass_on(self) -> int:
        """Reads a batch of new events and puts them into the queues of their topics."""
        if self._last is None:
            return 0
        rows = await self._fetch(NEW_EVENTS, [self._last, BATCH])
        trackers = await self._trackers([row["title"] for row in rows if row["title"]])
        for row in rows:
            event = EventRecord(*row["event"])
            for topic in _topics(row, trackers.get(row["title"], ())):
                for queue in self._queues.get(topic, ()):
                    queue.put(event)
            self._last = event.id
        return len(rows)

    async def _trackers(self, titles: list[str]) -> dict[str, list[str]]:
        """Returns the users with a subscription who track the titles, by title."""
        if not titles:
            return {}
        users = [topic.key for topic in self._queues if topic.kind is TopicKind.USER]
        found: dict[str, list[str]] = await self._fetch(TRACKERS, [titles, users])
        return found

    async def _listen(self) -> None:
        await self._opened.wait()
        while True:
            try:
                connection = await self._connect()
                try:
                    await connection.add_listener(CHANNEL, lambda *_: self._relayed.set())
                    while True:
                        self._relayed.set()  # for notifications before the connection
                        await asyncio.sleep(_POLL_SECONDS)
                        await connection.execute("SELECT 1", timeout=_TIMEOUT)  # notices a lost connection
                finally:
                    connection.terminate()
            except Exception as error:  # polling goes on meanwhile
                log.warning("event listener disconnected", reason=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _backlog(self, topic: Topic, after: str) -> list[EventRecord]:
        """Returns the next events of a topic that this feed has passed on already."""
        rows = await self._fetch(BACKLOG[topic.kind], [topic.key, after, self._last or after, BATCH])
        return [EventRecord(*row) for row in rows]

    async def _fetch(self, statement: str, parameters: list[object]) -> Any:
        (found,) = await self._reads.read_all([(statement, parameters)])
        rows: Any = orjson.loads(found or b"[]")
        return rows

    def _check_resumable(self, after: str) -> None:
        found = _ID.fullmatch(after)
        happened = int(found[1]) / 1e6 if found else inf
        if happened > time() + _CLOCK_SKEW:
            raise ResumeError("This is not the id of an event.", malformed=True)
        if happened < time() - self._kept_days * 86_400:
            raise ResumeError("The event is too old to continue from. Read everything again.")

    def _discard(self, queue: EventQueue) -> None:
        queues = self._queues.get(queue.topic, set())
        queues.discard(queue)
        if not queues:
            self._queues.pop(queue.topic, None)


def _topics(row: dict[str, list[str]], trackers: Iterable[str]) -> list[Topic]:
    return [
        *(Topic(TopicKind.USER, key) for key in (*row["users"], *trackers)),
        *(Topic(TopicKind.FAMILY, key) for key in row["families"]),
    ]


async def _wait(event: asyncio.Event) -> None:
    """Waits for the event, but no longer than the polling interval, and resets it."""
    try:
        async with asyncio.timeout(_POLL_SECONDS):
            await event.wait()
    except TimeoutError:
        return
    event.clear()
