"""The compared servers, each a process on a free local port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from benchmarks.places import CPUS, HOME, ROOT, SERVER_CPU
from benchmarks.usage import starting_on

KEY: Final = "bench:a key for measuring that no other server trusts"
POOL_SIZE: Final = 10  # the default of INFOCUS_POOL_SIZE
TITLES: Final = {
    "limit": "SQL written by hand, bare ASGI",
    "ours": "InFocus GraphQL",
    "loaders": "InFocus GraphQL without plans",
    "stock": "Strawberry as its documentation teaches",
}
_UVICORN: Final = ("uvicorn", "--no-access-log", "--log-level", "warning", "--port")
_COMMANDS: Final = {
    "limit": (*_UVICORN, "{port}", "benchmarks.limit:app"),
    "ours": ("infocus_graphql", "serve", "--port", "{port}", "--workers", "{workers}"),
    "loaders": ("benchmarks.loaders", "{port}"),
    "stock": (*_UVICORN, "{port}", "benchmarks.stock:app"),
}
_START_SECONDS: Final = 30.0
NO_SETTINGS: Final[Mapping[str, str]] = {}
_END_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    port: int
    pid: int

    def post(self, request: str) -> bytes:
        """The response body of one HTTP request."""
        head, _, body = request.partition("\r\n\r\n")
        lines = (line.partition(": ") for line in head.split("\r\n")[1:])
        headers = {name: value for name, _, value in lines if name not in {"Host", "Content-Length"}}
        sent = HttpRequest(f"http://127.0.0.1:{self.port}/graphql", body.encode(), headers)
        try:
            with urlopen(sent, timeout=30) as response:  # noqa: S310 - a local http URL
                content: bytes = response.read()
        except HTTPError as error:
            content = error.read()
        return content


@contextmanager
def running(
    name: str,
    url: str,
    *,
    workers: int = 1,
    log: str | None = None,
    settings: Mapping[str, str] = NO_SETTINGS,
) -> Iterator[Server]:
    """Runs the named server during the block; on the server's CPU, unless it has several workers.

    `settings` are further environment variables.
    """
    port = _free_port()
    words = (word.format(port=port, workers=workers) for word in _COMMANDS[name])
    command = [sys.executable, "-m", *words]
    path = HOME / f"{log or name}.log"
    cpus = CPUS if workers > 1 else (SERVER_CPU,)
    with path.open("wb") as output, starting_on(*cpus):
        process = subprocess.Popen(  # noqa: S603 - one of the commands above
            command,
            cwd=ROOT,
            env={**_environment(url), **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # the benchmark stops its servers itself on Ctrl-C
        )
    try:
        _wait_for(process, port, path)
        yield Server(name, port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INFOCUS_")}
    return {
        **kept,
        "INFOCUS_ENV": "production",
        "INFOCUS_MAIL": "off",
        "INFOCUS_DATABASE_URL": url,
        "INFOCUS_JWT_KEYS": KEY,
        "INFOCUS_POOL_SIZE": str(POOL_SIZE),
        "INFOCUS_MAX_ALIASES": "400",  # for operation T
        "INFOCUS_MAX_ROOT_FIELDS": "400",
        "INFOCUS_RATE_USER": "1000000/s",  # counted, but never exceeded
        "DATABASE_URL": url.replace("postgresql+asyncpg:", "postgresql:", 1),
        "POOL_SIZE": str(POOL_SIZE),
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server {log.stem} did not start:\n{log.read_text()[-2000:]}")
