"""The environment of PostgreSQL's programs: the caller's, without what would redirect them."""

import os
from pathlib import Path

from infocus_graphql.db.embedded.sockets import PORT


def server_environment() -> dict[str, str]:
    """For initdb and the server: no PG variables, and messages in English for the log."""
    # Handing the environment on is not reading settings from it.
    kept = {name: value for name, value in os.environ.items() if not _redirects(name)}
    return {**kept, "LC_ALL": "C"}


def client_environment(socket_dir: Path, user: str, database: str) -> dict[str, str]:
    """For client programs: they reach this server without any option."""
    kept = {name: value for name, value in os.environ.items() if not _redirects(name)}
    return {
        **kept,
        "PGHOST": str(socket_dir),
        "PGPORT": str(PORT),
        "PGUSER": user,
        "PGDATABASE": database,
    }


def _redirects(name: str) -> bool:
    # PGPORT, PGDATA, PGOPTIONS, PGSERVICE and their like count for the server's programs too.
    return name.startswith("PG")
