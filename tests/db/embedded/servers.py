"""Processes that use an embedded server, and helpers that inspect running processes."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from infocus_graphql.db.embedded import EmbeddedPostgres

REPOSITORY = Path(__file__).parents[3]
HOLDER = Path(__file__).with_name("holder.py")
SITE_PACKAGES = Path(pytest.__file__).parents[1]
# Interpreters of other OS users must find the same packages.
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{SITE_PACKAGES}"}
QUICK = {"fsync": "off", "shared_buffers": "16MB", "autovacuum": "off"}


class Holder:
    """A process that starts the server at `home` and uses it until released or killed."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HOLDER), str(home), json.dumps(QUICK)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            # In its own process group, so that a test can send it SIGINT like Ctrl-C.
            start_new_session=True,
        )

    def hear(self) -> dict[str, Any]:
        """Returns the next report of the process."""
        assert self.process.stdout is not None
        heard: dict[str, Any] = json.loads(self.process.stdout.readline())
        return heard

    def release(self) -> bool:
        """Ends the process cleanly. Returns whether it stopped the server."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return bool(self.hear()["stopped"])

    def kill(self) -> None:
        """Kills the process without clean-up."""
        self.process.kill()
        self.process.wait()


def postgres_below(directory: Path) -> list[int]:
    """Returns the ids of server processes whose working directory is below this directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = Path(os.readlink(entry / "cwd")).is_relative_to(directory)
        except OSError:
            # Zombies and ended processes have no working directory.
            continue
        if inside and (entry / "comm").read_text().strip() == "postgres":
            found.append(int(entry.name))
    return found


def postmaster_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split("\n")[0])


def query_value(server: EmbeddedPostgres, statement: str, database: str = "infocus") -> Any:
    """Runs a statement and returns its single value."""

    async def ask() -> Any:
        connection = await asyncpg.connect(host=str(server.socket_dir), user="infocus", database=database)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())
