"""Work that goes on when its waiter is cancelled, without dropping how it ends.

`asyncio.shield` alone drops it: when the waiter is cancelled first and the work fails later, asyncio logs
that an exception was never retrieved.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import structlog

log = structlog.get_logger("infocus.tasks")

T = TypeVar("T")

# The event loop holds tasks weakly.
_running: Final[set[asyncio.Task[Any]]] = set()


async def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end, even when this call is cancelled; its failure is logged then."""
    task = asyncio.create_task(work, name=getattr(work, "__qualname__", None))
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_log_failure)
        raise


def retrieve(future: "asyncio.Future[Any]") -> None:
    """Marks the failure of a future as seen: a callback for those whose waiters may all be gone."""
    if not future.cancelled():
        future.exception()


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("background task failed", work=task.get_name(), reason=type(error).__name__)
