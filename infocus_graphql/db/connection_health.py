"""Connections of an engine are asked for a sign of life after a rest, before anybody gets one.

A server that has gone without a farewell (a cut cable, a firewall that forgot) leaves connections that look
open and never answer. SQLAlchemy's own ping waits for such a one as long as for a statement, fails with it,
and leaves the next one to the next request.
"""

from time import monotonic
from typing import Any, Final

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

# A connection that rested for longer is asked; those in use would have shown it.
IDLE_SECONDS: Final = 5.0
PING_TIMEOUT_SECONDS: Final = 2.0
_END_SECONDS: Final = 1.0
# InternalClientError: the server's farewell arrived in the very moment of asking.
CONNECTION_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)
_LAST: Final = "last used"


async def is_alive(connection: asyncpg.Connection) -> bool:
    """Whether a connection still answers, soon; one that doesn't is of no more use."""
    try:
        await connection.execute("SELECT 1", timeout=PING_TIMEOUT_SECONDS)
    except (*CONNECTION_LOST, TimeoutError):
        connection.terminate()
        return False
    return True


async def close_quietly(connection: asyncpg.Connection) -> None:
    """Closes a connection, without waiting long for a server that says no farewell."""
    try:
        await connection.close(timeout=_END_SECONDS)
    except Exception:  # whatever it is, the connection is of no more use
        connection.terminate()


def install_health_check(engine: AsyncEngine) -> None:
    """Has the engine give out living connections only; one that is dead takes all idle ones with it."""
    event.listen(engine.sync_engine, "checkin", _on_checkin)
    event.listen(engine.sync_engine, "checkout", _on_checkout)
    event.listen(engine.sync_engine, "close", _on_close)


def _on_checkin(connection: Any, record: Any) -> None:
    record.info[_LAST] = monotonic()


def _on_checkout(connection: Any, record: Any, _: Any) -> None:
    last = record.info.get(_LAST)
    if last is None:  # it is new
        return
    rested = monotonic() - last > IDLE_SECONDS
    if connection.driver_connection.is_closed() or (rested and not connection.run_async(is_alive)):
        raise InvalidatePoolError


def _on_close(connection: Any, _: Any) -> None:
    connection.run_async(close_quietly)
