"""Server processes for measurements (`infocus serve`), and low-overhead connections to them."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from tests.cli.conftest import COMMAND, Server, environment

KEYS: Final = "one:a key for tests that is long enough to sign"
JSON: Final = "application/json"
_HANGING_UP: Final = 2.0


def in_production(database_url: str, **more: str) -> dict[str, str]:
    """Returns production settings without rate limits, for measurements."""
    return {
        "INFOCUS_ENV": "production",
        "INFOCUS_DATABASE_URL": database_url,
        "INFOCUS_JWT_KEYS": KEYS,
        "INFOCUS_MAIL": "off",
        "INFOCUS_RATE_LIMITS": "off",
        **more,
    }


@contextmanager
def serving(variables: Mapping[str, str], servers: int = 1) -> Iterator[list["Process"]]:
    """Yields servers with one worker each on free local ports."""
    with tempfile.TemporaryDirectory(prefix="infocus-serving-") as home, ExitStack() as stack:
        # All servers are started before waiting for the first.
        started = [stack.enter_context(_started(variables, Path(home), number)) for number in range(servers)]
        yield [Process(each.process.pid, urlsplit(each.url()).port or 0) for each in started]


@contextmanager
def _started(variables: Mapping[str, str], home: Path, number: int) -> Iterator[Server]:
    output = home / f"output-{number}"
    with output.open("wb") as target:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0"],
            cwd=home,
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, output)
    try:
        yield server
    finally:
        if process.poll() is None:
            server.end()


@dataclass(frozen=True)
class Process:
    """A running server process."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Returns the CPU time of its threads in seconds, with nanosecond precision."""
        if sys.platform != "linux":
            raise RuntimeError("the time of threads can be read on Linux only")
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9

    async def line(self) -> "Line":
        """Opens a connection to the server."""
        return Line(*await asyncio.open_connection("127.0.0.1", self.port))


@dataclass(frozen=True)
class Reply:
    """An HTTP response."""

    status: int
    body: bytes
    seconds: float

    @property
    def codes(self) -> set[str]:
        """Returns the codes of its errors, including user errors."""
        found: Any = json.loads(self.body)
        waiting, codes = [found], set()
        while waiting:
            each = waiting.pop()
            if isinstance(each, dict):
                codes |= {value for key, value in each.items() if key == "code" and isinstance(value, str)}
                waiting += each.values()
            elif isinstance(each, list):
                waiting += each
        return codes


class Line:
    """A keep-alive HTTP/1.1 connection without the overhead of a client library."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._writer.close()

    async def ended(self) -> bool:
        """Whether the server closes the connection soon."""
        try:
            async with asyncio.timeout(_HANGING_UP):
                return await self._reader.read() == b""
        except TimeoutError:
            return False
        finally:
            self.close()

    async def ask(self, query: str, token: str | None = None, **variables: Any) -> Reply:
        """Sends an operation and returns the response."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.send(json.dumps({"query": query, "variables": variables}).encode(), headers)

    async def send(
        self, body: bytes, headers: Mapping[str, str] | None = None, *, content_type: str = JSON
    ) -> Reply:
        """Sends a POST request and returns the response."""
        given = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
        lines = [
            "POST /graphql HTTP/1.1",
            "Host: localhost",
            *(f"{name}: {it}" for name, it in given.items()),
        ]
        return await self.raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    async def raw(self, request: bytes) -> Reply:
        """Sends bytes and returns the response."""
        began = time.perf_counter()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, _, rest = head.partition(b" ")[2].partition(b" ")
        lengths = [line[15:] for line in rest.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await self._reader.readexactly(int(lengths[0]))
        return Reply(int(status), body, time.perf_counter() - began)
