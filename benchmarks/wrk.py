"""The load from wrk: one thread, a script that rotates through the requests, and figures as JSON."""

import json
import os
import subprocess
import tempfile
from math import ceil
from pathlib import Path
from typing import Any, Final

_PATIENCE: Final = 30.0  # for the last answers, after the time is over
_ROTATE: Final = """\
local at, threads = 0, {}
function setup(thread) table.insert(threads, thread) end
function init() bad, first = 0, "" end
function request()
  at = at % #requests + 1
  return requests[at]
end
"""
# Looking into every answer costs wrk more than sending the request: for the warm-up alone.
_CHECK: Final = """\
function response(status, headers, body)
  if status ~= 200 or body:find('"errors"', 1, true) or body:find('"data":null', 1, true) then
    bad = bad + 1
    if first == "" then first = status .. ": " .. body:sub(1, 500) end
  end
end
"""
_TELL: Final = """\
function done(summary, latency)
  local bad, first, errors = 0, "", summary.errors
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("bad")
    first = first .. thread:get("first")
  end
  local file = io.open(output, "w")
  file:write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"refused":%d,"broken":%d,"bad":%d,"first":"%s",' ..
    '"p50_ms":%.4f,"p99_ms":%.4f}',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, bad,
    first:gsub('[^ -~]', "?"):gsub('["\\\\]', "'"),
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
  file:close()
end
"""


def load(port: int, texts: list[str], connections: int, seconds: float, *, checked: bool) -> dict[str, Any]:
    """Puts the load on the server, for whole seconds; `checked` looks into every answer."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        output = Path(folder, "output")
        script = Path(folder, "script.lua")
        script.write_text(_script(texts, output, checked=checked))
        words, used = _run(script, port, connections, ceil(seconds))
        if not output.exists():
            raise RuntimeError(f"wrk has ended without figures: {words}")
        seen = json.loads(output.read_text())
    if seen["broken"] or not seen["requests"]:
        raise RuntimeError(f"{seen['broken']} broken connections, {seen['requests']} answers: {words}")
    failed = max(seen["refused"], seen["bad"])
    return {
        "requests": seen["requests"],
        "seconds": seen["seconds"],
        "failed": failed,
        "problem": seen["first"] or (f"{failed} answers with another status than 200" if failed else ""),
        "bytes": seen["bytes"] / seen["requests"],
        "client_seconds": used,
        "p50_ms": seen["p50_ms"],
        "p99_ms": seen["p99_ms"],
    }


def _script(texts: list[str], output: Path, *, checked: bool) -> str:
    # JSON's way of writing ASCII text is Lua's too.
    lines = ",\n".join(json.dumps(text) for text in texts)
    head = f"output = {json.dumps(str(output))}\nlocal requests = {{\n{lines}\n}}\n"
    return head + _ROTATE + (_CHECK if checked else "") + _TELL


def _run(script: Path, port: int, connections: int, seconds: int) -> tuple[str, float]:
    """What wrk said, and the CPU that it used."""
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
