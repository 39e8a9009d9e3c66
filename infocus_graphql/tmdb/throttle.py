"""A rate limit for calls from one process."""

import asyncio
from time import monotonic


class LocalThrottle:
    """Spreads calls evenly: at most `per_second` in each second, in the order of asking."""

    def __init__(self, per_second: int) -> None:
        self._interval = 1 / per_second
        self._next = 0.0

    async def acquire(self) -> None:
        """Waits until a call is allowed."""
        now = monotonic()
        at = max(now, self._next)
        self._next = at + self._interval
        await asyncio.sleep(at - now)
