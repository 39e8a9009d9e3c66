"""Runs measuring commands on a new embedded PostgreSQL."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.support.server import Server


def exit_status(measure: Callable[[Server, Path], Coroutine[Any, Any, bool]]) -> int:
    """Runs `measure` with a temporary server and folder. Returns 0 if it returns True, else 1."""
    with tempfile.TemporaryDirectory(prefix="infocus-measuring-") as home:
        server = Server(Path(home) / "postgres")
        server.start()
        try:
            return 0 if asyncio.run(measure(server, Path(home))) else 1
        finally:
            server.stop()
