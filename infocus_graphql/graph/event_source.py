"""What a subscription needs of the source of events."""

import enum
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class TopicKind(enum.Enum):
    """What the events of a topic are about."""

    USER = "user"
    FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Topic:
    """The events about a user or about a family, by its id."""

    kind: TopicKind
    key: str


class EventRecord(NamedTuple):
    """An event, as far as its delivery depends on it."""

    id: str
    type: str
    node_id: str
    user_id: str | None
    family_id: str | None


class ResumeError(Exception):
    """A subscription can't continue from an event: the log no longer has it, or `malformed`, it is no id."""

    def __init__(self, message: str, *, malformed: bool = False) -> None:
        super().__init__(message)
        self.malformed = malformed


class EventQueue(Protocol):
    """The events of one subscription in order, without gaps."""

    def __aiter__(self) -> AsyncIterator[EventRecord]:
        """Iterates until the queue is closed; raises the error it was closed with."""

    def close(self, error: Exception | None = None) -> None:
        """Ends the iteration, with `error` if it is given. Safe to call twice."""


class EventSource(Protocol):
    """The source of events for the subscriptions of a process."""

    async def open(self, topic: Topic, after: str | None) -> EventQueue:
        """Opens a queue of the events of a topic: those after the event `after`, or from now on.

        Raises ResumeError if it can't continue from `after`.
        """

    async def relay(self) -> None:
        """Adds the events of all committed changes to the log."""

    def wake(self) -> None:
        """Delivers new events soon. Called after each commit of this process."""

    async def run(self) -> None:
        """Delivers events until it is cancelled."""

    def close(self) -> None:
        """Ends all queues, for the end of the process."""
