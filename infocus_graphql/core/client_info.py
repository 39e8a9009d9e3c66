"""Where a change comes from: set around the use cases of an operation, read by the audit log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """The network and the device of a client; nothing for the command line and for jobs."""

    ip_prefix: str | None = None
    device: str | None = None


_find: Final[ContextVar[Callable[[], ClientInfo]]] = ContextVar("origin", default=ClientInfo)


@contextmanager
def client_info_scope(find: Callable[[], ClientInfo]) -> Iterator[None]:
    """What is done inside comes from there; `find` is asked only when somebody wants to know."""
    token = _find.set(find)
    try:
        yield
    finally:
        _find.reset(token)


def client_info() -> ClientInfo:
    """Where the present change comes from."""
    return _find.get()()
