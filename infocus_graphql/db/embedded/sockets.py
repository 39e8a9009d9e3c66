"""The directory of the server's socket: where it lies, that it is private, who listens there."""

import hashlib
import os
import socket
import stat
import struct
import sys
from contextlib import suppress
from pathlib import Path

from infocus_graphql.db.embedded.errors import EmbeddedPostgresError
from infocus_graphql.db.embedded.run_as import RunAsUser

PORT = 5432
_NEAR = "run"
SOCKET_NAME = f".s.PGSQL.{PORT}"
# The kernel's limit is 108 bytes on Linux and 104 on macOS, with the closing zero.
_LONGEST_SOCKET_PATH = 100
_MACOS_LOCAL_PEERPID = 0x002


def socket_directory(home: Path, owner: int) -> Path:
    """`run` in the home, or a directory in /tmp where the home's path can't name a socket."""
    near = home / _NEAR
    raw = os.fsencode(near / SOCKET_NAME)
    # Clients take a comma for the end of one host and the start of the next.
    if len(raw) <= _LONGEST_SOCKET_PATH and b"," not in raw and _is_utf8(raw):
        return near
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    # Not tempfile.gettempdir(): TMPDIR is long on macOS and differs between shells.
    return Path("/tmp") / f"infocus-{owner}-{digest}"  # noqa: S108  (ownership is checked below)


def prepare_socket_directory(directory: Path, account: RunAsUser) -> None:
    """Make the directory, open to its owner alone; refuse one that somebody else put there."""
    try:
        directory.mkdir(mode=0o700)
        account.own(directory)
        return
    except FileExistsError:
        found = directory.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == account.file_owner
    if ours and directory.name == _NEAR:
        # Copying a home loosens it; what lies in the home is ours to set right.
        directory.chmod(0o700)
    elif not ours or found.st_mode & 0o077:
        raise EmbeddedPostgresError(
            f"{directory} must be a directory that user {account.file_owner} owns and nobody else "
            f"can enter, but it is {stat.filemode(found.st_mode)} of user {found.st_uid}. "
            "Remove it, or choose a home with a shorter path"
        )


def forget_socket_directory(directory: Path, home: Path) -> None:
    """After the server's end, leave no directory behind in /tmp."""
    if directory.parent != home:
        with suppress(OSError):
            directory.rmdir()


def listener(directory: Path) -> int | None:
    """The pid of who listens on the socket; None when nobody does, 0 when the pid can't be seen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(os.fsencode(directory / SOCKET_NAME))
        except OSError:
            return None
        return _peer_pid(client)


def _peer_pid(client: socket.socket) -> int:
    try:
        if sys.platform == "linux":
            raw = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            return int(struct.unpack("3i", raw)[0])
        if sys.platform == "darwin":
            # SOL_LOCAL is 0; Python has no names for either.
            return client.getsockopt(0, _MACOS_LOCAL_PEERPID)
    except OSError:
        pass
    return 0


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
