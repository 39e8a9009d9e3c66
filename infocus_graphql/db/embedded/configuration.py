"""Writes the server's configuration and its client authentication rules."""

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

# Peer authentication compares the client's OS user with the role, but in a user namespace the server sees
# another OS user than the client's, and the user differs between machines anyway. Only the owner can access
# the socket's directory, and the owner can also read the data files: a password would add nothing.
_AUTHENTICATION = b"# Only the owner of the data can access the socket's directory.\nlocal all all trust\n"


def render_settings(socket_dir: Path, settings: Mapping[str, str]) -> bytes:
    """The text of the configuration file. Rejects malformed settings, and those that this package sets."""
    for name, value in settings.items():
        if not _NAME.fullmatch(name) or "\n" in value or "\0" in value:
            raise EmbeddedPostgresError(f"{name!r} = {value!r} is not a PostgreSQL setting")
        if name in _OURS:
            raise EmbeddedPostgresError(f"{name} can't be set for the embedded server")
    # The value is a list of directories; double quotes keep one with spaces or commas together.
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
    lines = ["# Generated at every start of the embedded server; changes made here are lost."]
    lines += [f"{name} = {_quoted(value)}" for name, value in every.items()]
    return os.fsencode("\n".join(lines) + "\n")


def write_settings(data: Path, content: bytes, account: RunAsUser) -> bool:
    """Writes the configuration file; returns whether it changed."""
    path = data / _FILE
    if path.exists() and path.read_bytes() == content:
        return False
    # Without fsync: if a power failure loses the file, the next start detects the difference.
    _replace(path, content, account, durable=False)
    return True


def write_access_rules(data: Path, account: RunAsUser, *, durable: bool) -> None:
    """Allows local clients, and no clients over the network."""
    _replace(data / "pg_hba.conf", _AUTHENTICATION, account, durable=durable)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _replace(path: Path, content: bytes, account: RunAsUser, *, durable: bool) -> None:
    # Written to a temporary file and renamed, so that a server that starts meanwhile never reads half a file.
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
