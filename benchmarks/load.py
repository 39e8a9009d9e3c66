"""Sends load by wrk if installed, otherwise by the Python client."""

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


def load(client: str, port: int, texts: list[str], connections: int, seconds: float) -> dict[str, Any]:
    """The client's measurements; all responses had status 200. Lengths include headers."""
    if client == "wrk":
        try:
            return _without_failures(wrk.load(port, texts, connections, seconds))
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            raise Wrong(f"wrk: {error}") from error
    found = checked(port, texts, connections, seconds)
    del found["by_port"]
    return found


def checked(
    port: int, texts: list[str], connections: int, seconds: float, at_most: int = _FOREVER
) -> dict[str, Any]:
    """Runs the Python client, which checks every response and waits for the last one."""
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
    return _without_failures(json.loads(output))


def _without_failures(found: dict[str, Any]) -> dict[str, Any]:
    if found["failed"]:
        raise Wrong(f"{found['failed']} of {found['requests']} requests failed: {found['problem']}")
    return found
