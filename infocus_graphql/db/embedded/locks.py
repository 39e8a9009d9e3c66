"""The two file locks by which processes share a server; both die with who holds them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held_alone(path: Path) -> Iterator[None]:
    """Wait for the lock at `path` and hold it for the block."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Lease:
    """One user's share in the server. Take and give it back only while the control lock is held.

    Belongs to an open file and not to the process, so two leases within one process count as two.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._pid = 0

    @property
    def held(self) -> bool:
        """Whether this process holds the lease; a forked child has only its parent's."""
        return self._descriptor is not None and self._pid == os.getpid()

    def take(self) -> bool:
        """Hold a share from now on; True when nobody else does."""
        if self._descriptor is None or not self.held:
            self.close()
            self._descriptor = _open(self._path)
            self._pid = os.getpid()
        alone = self._alone(self._descriptor)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return alone

    def release(self) -> bool:
        """Drop the share; True when it was the last."""
        if self._descriptor is None or not self.held:
            self.close()
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            return self._alone(self._descriptor)
        finally:
            self.close()

    def close(self) -> None:
        """Forget the file. In a forked child this leaves the parent's share alone."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def _alone(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _open(path: Path) -> int:
    # Python makes it close-on-exec: a server that inherited the file would keep the lock. No link
    # is followed, because root may be at work in another user's directory.
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
