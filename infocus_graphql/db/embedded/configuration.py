"""The server's settings and who may connect, as files of the data directory."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from infocus_graphql.db.embedded.errors import EmbeddedPostgresError
from infocus_graphql.db.embedded.run_as import RunAsUser
from infocus_graphql.db.embedded.sockets import PORT

_FILE = "postgresql.auto.conf"
_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_OURS = frozenset({"listen_addresses", "port", "unix_socket_directories", "unix_socket_permissions"})

# Peer authentication would compare the client's account with the role's name, but under a user
# namespace the server sees another account than the client has, and the account differs between
# machines anyway. The socket lies in a directory only the owner can enter, so whoever reaches it
# could read the data files too: a password would add nothing.
_WHO_MAY_CONNECT = b"# Whoever can enter the socket's directory owns the data.\nlocal all all trust\n"


def render_settings(socket_dir: Path, settings: Mapping[str, str]) -> bytes:
    """The text of the settings file; refuses what is no setting or what the life-cycle decides."""
    for name, value in settings.items():
        if not _NAME.fullmatch(name) or "\n" in value or "\0" in value:
            raise EmbeddedPostgresError(f"{name!r} = {value!r} can't be a PostgreSQL setting")
        if name in _OURS:
            raise EmbeddedPostgresError(f"The embedded server decides {name} itself")
    # A list of directories: the double quotes keep spaces and other marks in one item.
    directory = '"' + str(socket_dir).replace('"', '""') + '"'
    every = {
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "off",
        **settings,
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": directory,
        "unix_socket_permissions": "0700",
    }
    lines = ["# Written at every start of the embedded server; changes made here are lost."]
    lines += [f"{name} = {_quoted(value)}" for name, value in every.items()]
    return os.fsencode("\n".join(lines) + "\n")


def write_settings(data: Path, content: bytes, account: RunAsUser) -> bool:
    """Put the settings in place; True when they differ from what was there."""
    path = data / _FILE
    if path.exists() and path.read_bytes() == content:
        return False
    # Not forced to the disk: should a power cut lose it, the next start sees that it differs.
    _replace(path, content, account, durable=False)
    return True


def write_access_rules(data: Path, account: RunAsUser, *, durable: bool) -> None:
    """Let local clients in, and nobody over the network whatever the settings say."""
    _replace(data / "pg_hba.conf", _WHO_MAY_CONNECT, account, durable=durable)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _replace(path: Path, content: bytes, account: RunAsUser, *, durable: bool) -> None:
    # Written beside and moved over: a server that starts meanwhile never reads half a file.
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if durable:
            os.fsync(descriptor)
    account.own(beside)
    beside.replace(path)
