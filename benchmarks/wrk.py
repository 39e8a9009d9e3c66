"""Runs wrk: one thread, a script that rotates through the requests, and figures as JSON."""

import json
import os
import subprocess
import tempfile
from math import ceil
from pathlib import Path
from typing import Any, Final

_PATIENCE: Final = 30.0  # for the last responses, after the end
_ROTATE: Final = """\
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
"""
_TELL: Final = """\
function done(summary, latency)
  local errors = summary.errors
  local file = io.open(output, "w")
  file:write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"failed":%d,"broken":%d,"p50_ms":%.4f,"p99_ms":%.4f}',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
  file:close()
end
"""


def load(port: int, texts: list[str], connections: int, seconds: float) -> dict[str, Any]:
    """Runs the load for whole seconds. Checks statuses and lengths, not bodies."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        output = Path(folder, "output")
        script = Path(folder, "script.lua")
        # JSON strings of ASCII text are valid Lua strings.
        lines = ",\n".join(json.dumps(text) for text in texts)
        head = f"output = {json.dumps(str(output))}\nlocal requests = {{\n{lines}\n}}\n"
        script.write_text(head + _ROTATE + _TELL)
        words, used = _run(script, port, connections, ceil(seconds))
        if not output.exists():
            raise RuntimeError(f"it has ended without figures: {words}")
        seen = json.loads(output.read_text())
    if seen.pop("broken") or not seen["requests"]:
        raise RuntimeError(f"connections were broken, or there were no responses: {words}")
    problem = "their status was not 200" if seen["failed"] else ""
    size = seen["bytes"] / seen["requests"]
    return {**seen, "problem": problem, "bytes": size, "client_seconds": used}


def _run(script: Path, port: int, connections: int, seconds: int) -> tuple[str, float]:
    """The output of wrk, and its CPU time."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{_PATIENCE:.0f}s"]
    with subprocess.Popen(  # noqa: S603 - our own words
        [*command, "-s", str(script), f"http://127.0.0.1:{port}/graphql"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        before = _children()
        try:
            words, _ = process.communicate(timeout=seconds + _PATIENCE)
        finally:
            process.kill()
    return words[-1500:], _children() - before


def _children() -> float:
    used = os.times()
    return used.children_user + used.children_system
