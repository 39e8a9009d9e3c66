"""Real processes that hold a server, and looks at what runs."""

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
# Other users' interpreters must find the same packages.
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{SITE_PACKAGES}"}
QUICK = {"fsync": "off", "shared_buffers": "16MB", "autovacuum": "off"}


class Holder:
    """A process that started the server at `home` and keeps it until it is told otherwise."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HOLDER), str(home), json.dumps(QUICK)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            # A process group of its own, so that a test can press Ctrl-C on it alone.
            start_new_session=True,
        )

    def hear(self) -> dict[str, Any]:
        """The next thing the process reports."""
        assert self.process.stdout is not None
        heard: dict[str, Any] = json.loads(self.process.stdout.readline())
        return heard

    def release(self) -> bool:
        """Let it end properly; whether it stopped the server."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return bool(self.hear()["stopped"])

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self.process.kill()
        self.process.wait()


def postgres_below(directory: Path) -> list[int]:
    """The living server processes that work somewhere below this directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = Path(os.readlink(entry / "cwd")).is_relative_to(directory)
        except OSError:
            # Zombies and processes that ended meanwhile have no directory.
            continue
        if inside and (entry / "comm").read_text().strip() == "postgres":
            found.append(int(entry.name))
    return found


def postmaster_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split("\n")[0])


def answer(server: EmbeddedPostgres, statement: str, database: str = "infocus") -> Any:
    """What the server says to one statement."""

    async def ask() -> Any:
        connection = await asyncpg.connect(host=str(server.socket_dir), user="infocus", database=database)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())
