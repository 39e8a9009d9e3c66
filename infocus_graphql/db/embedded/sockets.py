"""The directory of the server's socket: its location, its permissions, and the process that listens."""

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
# The kernel's limit is 108 bytes on Linux and 104 on macOS, including the terminating NUL.
_LONGEST_SOCKET_PATH = 100
_MACOS_LOCAL_PEERPID = 0x002


def socket_directory(home: Path, owner: int) -> Path:
    """`home/run`, or a directory in /tmp if that path is too long or invalid for a socket."""
    near = home / _NEAR
    raw = os.fsencode(near / SOCKET_NAME)
    # Clients interpret a comma as a separator of hosts.
    if len(raw) <= _LONGEST_SOCKET_PATH and b"," not in raw and _is_utf8(raw):
        return near
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    # Not tempfile.gettempdir(), because TMPDIR is long on macOS and differs between shells.
    return Path("/tmp") / f"infocus-{owner}-{digest}"  # noqa: S108  (ownership is checked below)


def prepare_socket_directory(directory: Path, account: RunAsUser) -> None:
    """Creates the directory, accessible to its owner only; rejects one that another user created."""
    try:
        directory.mkdir(mode=0o700)
        account.own(directory)
        return
    except FileExistsError:
        found = directory.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == account.file_owner
    if ours and directory.name == _NEAR:
        # Copying the home may have changed the mode; inside the home we may correct it.
        directory.chmod(0o700)
    elif not ours or found.st_mode & 0o077:
        raise EmbeddedPostgresError(
            f"{directory} must be a directory owned by user {account.file_owner} and not accessible to other "
            f"users, but its mode is {stat.filemode(found.st_mode)} and its owner is user {found.st_uid}. "
            "Remove it, or choose a shorter path for the data directory"
        )


def remove_socket_directory(directory: Path, home: Path) -> None:
    """Removes the directory in /tmp after the server's exit."""
    if directory.parent != home:
        with suppress(OSError):
            directory.rmdir()


def listener(directory: Path) -> int | None:
    """The pid of the process that listens on the socket; None if there is none, 0 if the pid is unknown."""
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
            # SOL_LOCAL is 0; Python has no name for either constant.
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
