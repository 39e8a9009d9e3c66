"""Faults of the database that pass: what was asked is fine, and can be asked again."""

from enum import Enum
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from infocus_graphql.db.stale import causes


class TransientError(Enum):
    """Why the database gave no answer."""

    UNAVAILABLE = "SERVICE_UNAVAILABLE"
    TIMEOUT = "TIMEOUT"


# Cancelled by a time-out, a lock that didn't come, a transaction that rested for too long.
_TIMEOUTS: Final = {"57014", "55P03", "25P03", "25P04", "57P05"}
_UNAVAILABLE: Final = {
    "40001",  # serialization failure and deadlock, after the last attempt
    "40P01",
    "25006",  # only reading is allowed: a server that is about to be, or was, the second one
    "57P01",  # shutting down, crashed, starting
    "57P02",
    "57P03",
}
# No connection, no right to connect, no room: memory, disk, connections; trouble with the disk.
_UNAVAILABLE_CLASSES: Final = {"08", "28", "53", "58"}


def classify_transient(error: BaseException | None) -> TransientError | None:
    """The passing fault behind an error; None for all others, which asking again doesn't mend."""
    return next((found for each in causes(error) if (found := _fault(each)) is not None), None)


def _fault(error: BaseException) -> TransientError | None:
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        if state in _TIMEOUTS:
            return TransientError.TIMEOUT
        known = state in _UNAVAILABLE or state[:2] in _UNAVAILABLE_CLASSES
        # The last one: the schema changes faster than statements are renewed.
        known |= isinstance(error, asyncpg.InvalidCachedStatementError)
        return TransientError.UNAVAILABLE if known else None
    if isinstance(error, TimeoutError):
        return TransientError.TIMEOUT
    if isinstance(error, PoolTimeoutError | OSError | asyncpg.InternalClientError):
        return TransientError.UNAVAILABLE
    if isinstance(error, DBAPIError):
        return TransientError.UNAVAILABLE if error.connection_invalidated else None
    # The driver says so of closed connections; its DataError is about a value, and is no fault that passes.
    closed = isinstance(error, asyncpg.InterfaceError) and not isinstance(error, asyncpg.DataError)
    return TransientError.UNAVAILABLE if closed else None
