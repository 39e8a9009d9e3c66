"""Classifies transient database errors, after which the client can retry the same request."""

from enum import Enum
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from infocus_graphql.db.stale import causes


class TransientError(Enum):
    """The error codes of transient errors."""

    UNAVAILABLE = "SERVICE_UNAVAILABLE"
    TIMEOUT = "TIMEOUT"


# query_canceled, lock_not_available, and the timeouts of idle or long transactions and idle sessions.
_TIMEOUTS: Final = {"57014", "55P03", "25P03", "25P04", "57P05"}
_UNAVAILABLE: Final = {
    "40001",  # serialization_failure and deadlock_detected, after the last retry
    "40P01",
    "25006",  # read_only_sql_transaction: the server is a standby, or was one until a failover
    "57P01",  # admin_shutdown, crash_shutdown, cannot_connect_now
    "57P02",
    "57P03",
}
# Connection exceptions, invalid authorization, insufficient resources, system errors.
_UNAVAILABLE_CLASSES: Final = {"08", "28", "53", "58"}


def classify_transient(error: BaseException | None) -> TransientError | None:
    """The transient error that caused `error`; None if retrying doesn't help."""
    return next((found for each in causes(error) if (found := _classify(each)) is not None), None)


def _classify(error: BaseException) -> TransientError | None:
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        if state in _TIMEOUTS:
            return TransientError.TIMEOUT
        unavailable = state in _UNAVAILABLE or state[:2] in _UNAVAILABLE_CLASSES
        # Still stale after all renewals: the schema is being changed repeatedly.
        unavailable |= isinstance(error, asyncpg.InvalidCachedStatementError)
        return TransientError.UNAVAILABLE if unavailable else None
    if isinstance(error, TimeoutError):
        return TransientError.TIMEOUT
    if isinstance(error, PoolTimeoutError | OSError | asyncpg.InternalClientError):
        return TransientError.UNAVAILABLE
    if isinstance(error, DBAPIError):
        return TransientError.UNAVAILABLE if error.connection_invalidated else None
    # asyncpg raises InterfaceError for closed connections. Its subclass DataError is about an invalid value.
    closed = isinstance(error, asyncpg.InterfaceError) and not isinstance(error, asyncpg.DataError)
    return TransientError.UNAVAILABLE if closed else None
