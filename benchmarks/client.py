"""A closed-loop load: a number of connections, each sending its next request after a response.

Reads what to do as JSON from its input and writes what it saw as JSON to its output.
"""

import asyncio
import gc
import json
import sys
from array import array
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any, Final

import httptools
import uvloop

_PATIENCE: Final = 30.0  # for the last responses, after the end
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Order:
    """The requests, target, connections, duration and maximum number of a load."""

    port: int
    connections: int
    seconds: float
    requests: list[bytes]
    at_most: int


class _Load:
    """State shared by the connections of one load."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._sent = 0
        self._began = perf_counter()
        self._open = order.connections
        self.ended = asyncio.get_running_loop().create_future()
        self.latencies = array("d")
        self.size = 0
        self.failed = 0
        self.problem = ""

    def next(self) -> bytes | None:
        """The next request; None when this was the last one."""
        order = self._order
        if self._sent == order.at_most or perf_counter() - self._began > order.seconds:
            return None
        self._sent += 1
        return order.requests[self._sent % len(order.requests)]

    def leave(self, problem: str | None = None) -> None:
        """Called when a connection has finished or failed."""
        self._open -= 1
        if problem is not None and not self.ended.done():
            self.ended.set_exception(RuntimeError(problem))
        elif self._open == 0 and not self.ended.done():
            self.ended.set_result(perf_counter() - self._began)


class _Connection(asyncio.Protocol):
    """One connection, with the callbacks of the HTTP parser."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._transport: Any = None
        self._at = 0.0
        self.port = 0  # our own end of it
        self.answered = 0
        self._chunks: list[bytes] = []
        self._left = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Waits until all connections are open."""
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def data_received(self, data: bytes) -> None:
        """Parses bytes of a response."""
        self._load.size += len(data)
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fails: servers must keep connections open."""
        if not self._left:
            self._left = True
            self._load.leave(f"the server hung up: {exc}")

    def on_body(self, body: bytes) -> None:
        """Counts bytes of a response body."""
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        """Checks a complete response."""
        load = self._load
        load.latencies.append(perf_counter() - self._at)
        self.answered += 1
        content = b"".join(self._chunks)
        self._chunks.clear()
        if self._parser.get_status_code() != _OK or b'"errors":[{' in content or b'"data":null' in content:
            load.failed += 1
            load.problem = f"{self._parser.get_status_code()}: {content[:500]!r}"
        self._parser = httptools.HttpResponseParser(self)
        self.send()

    def send(self) -> None:
        """Sends the next request, or finishes."""
        request = self._load.next()
        if request is None:
            self._left = True
            self._transport.close()
            self._load.leave()
            return
        self._at = perf_counter()
        self._transport.write(request)


async def run(order: Order) -> dict[str, Any]:
    """Sends the load, and waits for all responses."""
    loop = asyncio.get_running_loop()
    load = _Load(order)
    opening = (
        loop.create_connection(lambda: _Connection(load), "127.0.0.1", order.port)
        for _ in range(order.connections)
    )
    made = await asyncio.gather(*opening)  # all at once, as wrk does
    gc.disable()
    for _, connection in made:
        connection.send()
    seconds = await asyncio.wait_for(load.ended, order.seconds + _PATIENCE)
    latencies = sorted(load.latencies)
    return {
        "requests": len(latencies),
        "seconds": seconds,
        "failed": load.failed,
        "problem": load.problem,
        "bytes": load.size / len(latencies),
        "client_seconds": process_time(),
        "p50_ms": _at(latencies, 0.5) * 1e3,
        "p99_ms": _at(latencies, 0.99) * 1e3,
        "by_port": {str(connection.port): connection.answered for _, connection in made},
    }


def main() -> None:
    """Runs the load described on standard input."""
    said = json.load(sys.stdin)
    said["requests"] = [text.encode() for text in said["requests"]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(run(Order(**said))), sys.stdout)


def _at(latencies: list[float], part: float) -> float:
    return latencies[min(len(latencies) - 1, int(part * len(latencies)))]


if __name__ == "__main__":
    main()
