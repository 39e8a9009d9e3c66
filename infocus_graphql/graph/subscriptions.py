"""The result of a subscription: a stream of messages that a transport sends to the client."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from infocus_graphql.core.viewer import Viewer


@dataclass(frozen=True, slots=True)
class SubscriptionMessage:
    """One execution result of a subscription."""

    id: str | None  # the event's id, from which a client can resume; None for a result without an event
    json: bytes  # the execution result as JSON: `data`, or `data` and `errors`


class SubscriptionEnded(Exception):
    """The server ends a subscription before its source does.

    `code` is SLOW_CONSUMER, UNAUTHENTICATED, TOKEN_EXPIRED or RESET_REQUIRED.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SubscriptionStream(Protocol):
    """The messages of a subscription, in order. Its queue is bounded.

    The iteration stops when the source ends, for example because the viewer left the family. It raises
    SubscriptionEnded if the server has another reason.
    """

    def __aiter__(self) -> AsyncIterator[SubscriptionMessage]:
        """Iterates over the messages. A stream can be iterated once."""

    def renew(self, viewer: Viewer) -> None:
        """Goes on with a renewed token of the same user."""

    async def aclose(self) -> None:
        """Ends the subscription and releases what it holds. Safe to call twice, and during the iteration."""
