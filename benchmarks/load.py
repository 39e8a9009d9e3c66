"""Puts load on a server: by wrk where that is installed, otherwise by the client of this package."""

import json
import shutil
import subprocess
import sys
from typing import Any, Final

from benchmarks import wrk
from benchmarks.places import ROOT
from benchmarks.truth import Wrong

CLIENTS: Final = ("wrk", "own")
_FOREVER: Final = 10**9


def best_client() -> str:
    """The client to measure with on this machine."""
    return "wrk" if shutil.which("wrk") else "own"


def load(
    client: str, port: int, texts: list[str], connections: int, seconds: float, *, checked: bool = False
) -> dict[str, Any]:
    """What the client saw. All answers had status 200; `checked`: and none of them had errors."""
    if client == "wrk":
        try:
            found = wrk.load(port, texts, connections, seconds, checked=checked)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            raise Wrong(f"wrk: {error}") from error
    else:
        found = counted(port, texts, connections, seconds)
        del found["by_port"]
    if found["failed"]:
        raise Wrong(f"{found['failed']} of {found['requests']} requests failed: {found['problem']}")
    return found


def counted(
    port: int, texts: list[str], connections: int, seconds: float, at_most: int = _FOREVER
) -> dict[str, Any]:
    """The same from the client of this package, which can stop after so many requests."""
    order = {"port": port, "connections": connections, "seconds": seconds, "at_most": at_most}
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.client"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            output, problem = process.communicate(json.dumps({**order, "requests": texts}))
        finally:
            process.kill()
    if process.returncode:
        raise Wrong(problem.strip()[-1500:])
    found: dict[str, Any] = json.loads(output)
    if found["failed"]:
        raise Wrong(f"{found['failed']} of {found['requests']} requests failed: {found['problem']}")
    return found
