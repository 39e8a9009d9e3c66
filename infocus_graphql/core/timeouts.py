"""A cheap timeout for many tasks with the same limit."""

import asyncio
from types import TracebackType


class SharedTimeout:
    """A timeout of `seconds` for any number of concurrent tasks; like `asyncio.timeout`, but cheaper.

    All scopes have the same length, so the oldest expires first and a single timer is enough.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._running: dict[TimeoutScope, float] = {}  # with the time at which each expires
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> "TimeoutScope":
        """Starts the clock; `with` the result, a block that takes longer is cancelled with TimeoutError."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("A timeout needs a running task.")
        deadline = TimeoutScope(self._running, task)
        at = loop.time() + self.seconds
        self._running[deadline] = at
        if self._timer is None or self._loop is not loop:
            self._loop, self._timer = loop, loop.call_at(at, self._look)
        return deadline

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
    """The timeout of one block."""

    __slots__ = ("_cancelling", "_expired", "_running", "_task")

    def __init__(self, running: "dict[TimeoutScope, float]", task: asyncio.Task[object]) -> None:
        self._running, self._task = running, task
        self._cancelling = task.cancelling()
        self._expired = False

    def __enter__(self) -> None:
        """Does nothing: the clock runs since `SharedTimeout.start`."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Turns a cancellation by this timeout into TimeoutError; a cancellation from elsewhere passes."""
        self._running.pop(self, None)
        if self._expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """Cancels the task because its time is over."""
        self._expired = True
        self._task.cancel()
