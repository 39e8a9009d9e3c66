"""The lane of expensive operations: few of them run at a time, so that all others don't wait for them."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

# Units of cost, about 20 ms.
EXPENSIVE_FROM: Final = 50_000
_WAITING_OF_ACCOUNT: Final = 4
_WAITING: Final = 100


class LaneFull(Exception):
    """Too many expensive operations wait already, of this account or of all; `of_account` says which."""

    def __init__(self, *, of_account: bool) -> None:
        super().__init__("too many expensive operations")
        self.of_account = of_account


class Lane:
    """Up to `width` expensive operations at a time in this process, and one of each account.

    Accounts take turns, so that one with many operations doesn't delay another's first. Waiting ends with the
    deadline of the operation, which cancels it.
    """

    def __init__(self, width: int) -> None:
        self._free = width
        self._running: set[str] = set()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def place(self, account: str) -> AsyncIterator[None]:
        """A place in the lane for one operation; LaneFull when too many wait for one."""
        if self._free and account not in self._running:
            self._free -= 1
            self._running.add(account)
        else:
            await self._wait(account)
        try:
            yield
        finally:
            self._leave(account)

    async def _wait(self, account: str) -> None:
        waiting = self._waiting.setdefault(account, deque())
        if len(waiting) >= _WAITING_OF_ACCOUNT:
            raise LaneFull(of_account=True)
        if sum(map(len, self._waiting.values())) >= _WAITING:
            if not waiting:
                del self._waiting[account]
            raise LaneFull(of_account=False)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():
                self._leave(account)  # the place came in the very moment of being cancelled
            else:
                self._forget(account, place)
            raise

    def _forget(self, account: str, place: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(account)
        if waiting is not None and place in waiting:
            waiting.remove(place)
            if not waiting:
                del self._waiting[account]

    def _leave(self, account: str) -> None:
        """Gives the place to the account that has waited longest for its turn, and to this one last."""
        self._running.discard(account)
        self._free += 1
        if account in self._waiting:
            self._waiting.move_to_end(account)
        for each in list(self._waiting):
            if self._free and each not in self._running:
                self._next_of(each)

    def _next_of(self, account: str) -> None:
        waiting = self._waiting[account]
        while waiting and (place := waiting.popleft()):
            if not place.done():
                self._free -= 1
                self._running.add(account)
                place.set_result(None)
                break
        if not waiting:
            del self._waiting[account]
