"""A time limit for what a request waits for."""

import asyncio
from types import TracebackType


class Deadline:
    """Ends a block that takes longer with TimeoutError; as `asyncio.timeout` does, for less."""

    __slots__ = ("_cancelling", "_expired", "_handle", "_seconds", "_task")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> None:
        """The time runs from here."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A deadline is for a task.")
        self._task = task
        self._cancelling = task.cancelling()
        self._handle = asyncio.get_running_loop().call_later(self._seconds, self._expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Tells the cancelling that came from here from one that somebody else wants."""
        self._handle.cancel()
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
