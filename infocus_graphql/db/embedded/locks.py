"""The two file locks by which processes share a server; the OS releases both if the process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Waits for the exclusive lock at `path` and holds it for the block."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Lease:
    """A shared lock that keeps the server running. Take and release it only while holding the control lock.

    It belongs to an open file, not to the process, so two leases in one process count as two.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._pid = 0

    @property
    def held(self) -> bool:
        """Whether this process holds the lease; a forked child doesn't hold its parent's."""
        return self._descriptor is not None and self._pid == os.getpid()

    def acquire(self) -> bool:
        """Acquires the lease; returns whether no other process holds one."""
        if self._descriptor is None or not self.held:
            self.close()
            self._descriptor = _open(self._path)
            self._pid = os.getpid()
        alone = self._is_only_holder(self._descriptor)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return alone

    def release(self) -> bool:
        """Releases the lease; returns whether it was the last one."""
        if self._descriptor is None or not self.held:
            self.close()
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            return self._is_only_holder(self._descriptor)
        finally:
            self.close()

    def close(self) -> None:
        """Closes the file; in a forked child this doesn't affect the parent's lease."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def _is_only_holder(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _open(path: Path) -> int:
    # Python sets close-on-exec; a server that inherited the file would keep the lock. O_NOFOLLOW, because
    # root may be working in another user's directory.
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
