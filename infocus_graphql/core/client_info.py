"""The client behind a change: set around the use cases of an operation, read by the audit log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """The network and device of a client; both None for the command line and for jobs."""

    ip_prefix: str | None = None
    device: str | None = None


_find: Final[ContextVar[Callable[[], ClientInfo]]] = ContextVar("origin", default=ClientInfo)


@contextmanager
def client_info_scope(find: Callable[[], ClientInfo]) -> Iterator[None]:
    """Makes `client_info` return what `find` returns inside the block; `find` runs only when needed."""
    token = _find.set(find)
    try:
        yield
    finally:
        _find.reset(token)


def client_info() -> ClientInfo:
    """The client of the current operation."""
    return _find.get()()
