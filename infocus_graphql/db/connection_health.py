"""Pings idle connections before reuse.

A half-open connection (dropped cable, expired NAT entry) looks open and never responds. SQLAlchemy's
`pool_pre_ping` would wait for the full statement timeout, fail the request, and leave the other connections
to the following requests.
"""

from time import monotonic
from typing import Any, Final

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

# Connections that were idle for longer are pinged before reuse.
IDLE_SECONDS: Final = 5.0
PING_TIMEOUT_SECONDS: Final = 2.0
_CLOSE_SECONDS: Final = 1.0
# InternalClientError: the server's shutdown message arrived while a statement was being sent.
CONNECTION_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)
_LAST: Final = "last used"


async def is_alive(connection: asyncpg.Connection) -> bool:
    """Whether a connection responds within PING_TIMEOUT_SECONDS; terminates it otherwise."""
    try:
        await connection.execute("SELECT 1", timeout=PING_TIMEOUT_SECONDS)
    except (*CONNECTION_LOST, TimeoutError):
        connection.terminate()
        return False
    return True


async def close_quietly(connection: asyncpg.Connection) -> None:
    """Closes a connection; terminates it if the server doesn't respond within a second."""
    try:
        await connection.close(timeout=_CLOSE_SECONDS)
    except Exception:  # after any error the connection is unusable
        connection.terminate()


def install_health_check(engine: AsyncEngine) -> None:
    """Makes the engine check idle connections at checkout; a dead one invalidates the whole pool."""
    event.listen(engine.sync_engine, "checkin", _on_checkin)
    event.listen(engine.sync_engine, "checkout", _on_checkout)
    event.listen(engine.sync_engine, "close", _on_close)


def _on_checkin(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[_LAST] = monotonic()


def _on_checkout(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    last = record.info.get(_LAST)
    if last is None:  # a new connection
        return
    was_idle = monotonic() - last > IDLE_SECONDS
    if connection.driver_connection.is_closed() or (was_idle and not connection.run_async(is_alive)):
        raise InvalidatePoolError


def _on_close(connection: Any, _: object) -> None:
    connection.run_async(close_quietly)
