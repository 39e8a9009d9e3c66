"""Throttles: calls to another service wait for their turn, so that there are never more than it allows.

Calls are spread evenly over time, in the order of asking. Each reserves the first free moment. Bulk calls
reserve one only if it is less than `_AHEAD_SECONDS` away, and else ask again, so that other calls don't wait
behind them for longer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

import structlog

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.transient_errors import classify_transient

log = structlog.get_logger("infocus.rate_limits")

LONGEST_PAUSE_SECONDS: Final = 60.0
# If the clock of the database was set back, its reservations are in a distant future, and are forgotten.
_LONGEST_QUEUE_SECONDS: Final = 600.0
_AHEAD_SECONDS: Final = 0.1
_ASK_AGAIN_SECONDS: Final = 0.05

# The row holds the Unix time of the next free moment, by the database's clock: those of several hosts differ.
_NOW: Final = "extract(epoch FROM clock_timestamp())::float8"
_NEXT: Final = f"""
CASE WHEN held.level > {_NOW} + {_LONGEST_QUEUE_SECONDS} THEN {_NOW} ELSE greatest(held.level, {_NOW}) END
"""
# $1 key, $2 seconds between two calls, $3 the longest wait. Returns the wait, or NULL if it would be longer.
_RESERVE: Final = f"""
INSERT INTO rate_states AS held (key, level) VALUES ($1, {_NOW} + $2::float8)
ON CONFLICT (key) DO UPDATE SET level = {_NEXT} + $2::float8 WHERE {_NEXT} <= {_NOW} + $3::float8
RETURNING greatest(level - $2::float8 - {_NOW}, 0)
"""  # noqa: S608 - constants of ours
# $1 key, $2 the length of the pause.
_PAUSE: Final = f"""
INSERT INTO rate_states AS held (key, level) VALUES ($1, {_NOW} + $2::float8)
ON CONFLICT (key) DO UPDATE SET level = greatest({_NEXT}, {_NOW} + $2::float8)
RETURNING level
"""  # noqa: S608 - constants of ours


class LocalThrottle:
    """The throttle of a single process: at most `per_second` calls in a second."""

    def __init__(self, per_second: int) -> None:
        self._interval = 1 / per_second
        self._next = 0.0
        self._bulk = asyncio.Lock()

    async def acquire(self, seconds: float, *, bulk: bool = False) -> bool:
        """Waits until a call is allowed. False if that takes longer than `seconds`, at once if not `bulk`."""
        if bulk:
            return await _behind_others(self._bulk, self._acquire, seconds)
        return await self._acquire(seconds)

    async def _acquire(self, seconds: float) -> bool:
        now = monotonic()
        at = max(now, self._next)
        if at - now > seconds:
            return False
        self._next = at + self._interval
        await asyncio.sleep(at - now)
        return True

    async def pause(self, seconds: float) -> None:
        """Allows no call for some seconds, a minute at most."""
        self._next = max(self._next, monotonic() + min(seconds, LONGEST_PAUSE_SECONDS))


class SharedThrottle:
    """The throttle of all processes on one database: together at most `per_second` calls in a second.

    While the database can't be reached, each process counts on its own.
    """

    def __init__(self, pool: AsyncpgPool, name: str, per_second: int) -> None:
        self._pool, self._key = pool, f"throttle:{name}"
        self._interval = 1 / per_second
        self._alone = LocalThrottle(per_second)
        self._asking = asyncio.Lock()  # on several connections, a later statement may be faster
        self._bulk = asyncio.Lock()

    async def acquire(self, seconds: float, *, bulk: bool = False) -> bool:
        """Waits until a call is allowed. False if that takes longer than `seconds`, at once if not `bulk`."""
        if bulk:
            return await _behind_others(self._bulk, self._acquire, seconds)
        return await self._acquire(seconds)

    async def _acquire(self, seconds: float) -> bool:
        try:
            async with self._asking:
                wait = await self._pool.write_once((_RESERVE, (self._key, self._interval, seconds)))
        except Exception as error:
            _log_fallback(error)
            return await self._alone.acquire(seconds)
        if wait is None:
            return False
        await asyncio.sleep(float(wait))
        return True

    async def pause(self, seconds: float) -> None:
        """Allows no call of any process for some seconds, a minute at most; those that wait already go on."""
        values = (self._key, min(seconds, LONGEST_PAUSE_SECONDS))
        try:
            await self._pool.write_once((_PAUSE, values))
        except Exception as error:
            _log_fallback(error)
            await self._alone.pause(seconds)


async def _behind_others(
    lock: asyncio.Lock, acquire: Callable[[float], Awaitable[bool]], seconds: float
) -> bool:
    """Acquires a moment that is near, asking until there is one."""
    until = monotonic() + seconds
    async with lock:  # one call of a process asks at a time
        while not await acquire(min(_AHEAD_SECONDS, until - monotonic())):
            if monotonic() + _ASK_AGAIN_SECONDS > until:
                return False
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
    return True


def _log_fallback(error: Exception) -> None:
    """Logs that the database can't be reached; raises other errors."""
    if classify_transient(error) is None:
        raise error
    log.warning("throttle is not shared", reason=type(error).__name__)
