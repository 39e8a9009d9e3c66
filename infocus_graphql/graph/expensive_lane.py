"""The lane of expensive operations: limits their concurrency, so that they don't delay other operations."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

# In units of cost; about 20 ms of database time.
EXPENSIVE_FROM: Final = 50_000
_WAITING_OF_ACCOUNT: Final = 4
_WAITING: Final = 100


class LaneFull(Exception):
    """Too many expensive operations are queued: of this account if `of_account`, else of all accounts."""

    def __init__(self, *, of_account: bool) -> None:
        super().__init__("too many expensive operations")
        self.of_account = of_account


class Lane:
    """Runs up to `width` expensive operations at a time in this process, and one per account.

    The queue is round-robin over accounts, so that many operations of one account don't delay the first of
    another. Waiting counts towards the operation's timeout, which cancels it.
    """

    def __init__(self, width: int) -> None:
        self._free = width
        self._running: set[str] = set()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def place(self, account: str) -> AsyncIterator[None]:
        """Waits for a place in the lane and holds it. Raises LaneFull if too many operations are queued."""
        if self._free and account not in self._running:
            self._free -= 1
            self._running.add(account)
        else:
            await self._wait(account)
        try:
            yield
        finally:
            self._release_place(account)

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
                self._release_place(account)  # the place was assigned just before the cancellation
            else:
                self._cancel_place(account, place)
            raise

    def _cancel_place(self, account: str, place: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(account)
        if waiting is not None and place in waiting:
            waiting.remove(place)
            if not waiting:
                del self._waiting[account]

    def _release_place(self, account: str) -> None:
        """Frees the place and starts the next operation. `account` goes to the end of the queue."""
        self._running.discard(account)
        self._free += 1
        if account in self._waiting:
            self._waiting.move_to_end(account)
        for each in list(self._waiting):
            if self._free and each not in self._running:
                self._start_next(each)

    def _start_next(self, account: str) -> None:
        waiting = self._waiting[account]
        while waiting and (place := waiting.popleft()):
            if not place.done():
                self._free -= 1
                self._running.add(account)
                place.set_result(None)
                break
        if not waiting:
            del self._waiting[account]
