"""Time limits for what a task waits for."""

import asyncio
from types import TracebackType


class SharedTimeout:
    """A limit of so many seconds, for any number of tasks at a time; as `asyncio.timeout`, for less.

    All that run have the same length, so the oldest comes first: one timer, set for that one, is enough.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._running: dict[TimeoutScope, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> "TimeoutScope":
        """Ends the block of a `with` that takes longer with TimeoutError; the time runs from here."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("A deadline is for a task.")
        deadline = TimeoutScope(self, task)
        at = loop.time() + self.seconds
        self._running[deadline] = at
        if self._timer is None or self._loop is not loop:
            self._loop, self._timer = loop, loop.call_at(at, self._look)
        return deadline

    def end(self, deadline: "TimeoutScope") -> None:
        """It is over."""
        self._running.pop(deadline, None)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer, running = None, self._running
        while running:
            deadline, at = next(iter(running.items()))
            if at > loop.time():
                self._timer = loop.call_at(at, self._look)
                return
            del running[deadline]
            deadline.expire()


class TimeoutScope:
    """One limit that runs."""

    __slots__ = ("_all", "_cancelling", "_expired", "_task")

    def __init__(self, all_: SharedTimeout, task: asyncio.Task[object]) -> None:
        self._all, self._task = all_, task
        self._cancelling = task.cancelling()
        self._expired = False

    def __enter__(self) -> None:
        """The time runs already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Tells the cancelling that came from here from one that somebody else wants."""
        self._all.end(self)
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """The time is over."""
        self._expired = True
        self._task.cancel()
