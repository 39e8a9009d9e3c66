"""The environment of PostgreSQL's programs: the caller's, without the PG* variables."""

import os
from pathlib import Path

from infocus_graphql.db.embedded.sockets import PORT


def server_environment() -> dict[str, str]:
    """The environment for initdb and the server, with English messages in the log."""
    # Passing the environment on is not reading settings from it.
    kept = {name: value for name, value in os.environ.items() if not _redirects(name)}
    return {**kept, "LC_ALL": "C"}


def client_environment(socket_dir: Path, user: str, database: str) -> dict[str, str]:
    """The environment for client programs, which then connect to this server without options."""
    kept = {name: value for name, value in os.environ.items() if not _redirects(name)}
    return {
        **kept,
        "PGHOST": str(socket_dir),
        "PGPORT": str(PORT),
        "PGUSER": user,
        "PGDATABASE": database,
    }


def _redirects(name: str) -> bool:
    # The server's programs read PGPORT, PGDATA, PGOPTIONS, PGSERVICE and others too.
    return name.startswith("PG")
