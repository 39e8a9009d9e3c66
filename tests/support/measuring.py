"""Commands that measure: each on an embedded PostgreSQL of its own."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.support.server import Server


def exit_status(measure: Callable[[Server, Path], Coroutine[Any, Any, bool]]) -> int:
    """0 if what `measure` finds, with a server and a folder that are gone afterwards, is good; else 1."""
    with tempfile.TemporaryDirectory(prefix="infocus-measuring-") as home:
        server = Server(Path(home) / "postgres")
        server.start()
        try:
            return 0 if asyncio.run(measure(server, Path(home))) else 1
        finally:
            server.stop()
