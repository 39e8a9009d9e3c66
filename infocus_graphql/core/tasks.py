"""Tasks that continue when their caller is cancelled, and whose failure is still logged.

`asyncio.shield` alone is not enough: if the caller is cancelled first and the task fails later, asyncio logs
"exception was never retrieved" without context.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import structlog

log = structlog.get_logger("infocus.tasks")

T = TypeVar("T")

# The event loop holds only weak references to tasks.
_running: Final[set[asyncio.Task[Any]]] = set()


async def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to completion even if this call is cancelled; a failure after that is logged."""
    task = asyncio.create_task(work, name=getattr(work, "__qualname__", None))
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_log_failure)
        raise


def retrieve(future: "asyncio.Future[Any]") -> None:
    """A done callback that marks a future's exception as retrieved, in case nothing awaits it any more."""
    if not future.cancelled():
        future.exception()


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("background task failed", work=task.get_name(), reason=type(error).__name__)
