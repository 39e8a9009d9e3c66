"""Counts the SQL statements per request in the log of PostgreSQL."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from benchmarks.database import Bench, execute
from benchmarks.servers import Server

_EACH: Final = 20  # requests, after as many uncounted ones to warm up
_STATEMENT: Final = re.compile(rb"LOG:  (?:execute|statement)\b")
# Periodic statements of a server: revoked sessions, rate limit budgets.
_BY_THE_CLOCK: Final = re.compile(rb"FROM revoked_sessions|INTO rate_states|SET last_seen_at")
_MARK: Final = "SELECT 'the log is on'"
_PATIENCE: Final = 10.0


def count(
    servers: Sequence[Server], texts: dict[str, list[str]], bench: Bench
) -> dict[str, dict[str, float]]:
    """Statements per request by server and query, `BEGIN` and `COMMIT` included."""
    with _logged(bench):
        return {
            server.name: {query: _count(server, few, bench.log) for query, few in texts.items()}
            for server in servers
        }


def _count(server: Server, texts: list[str], log: Path) -> float:
    for text in islice(cycle(texts), _EACH):
        server.post(text)
    start = log.stat().st_size
    for text in islice(cycle(texts), _EACH):
        server.post(text)
    found = _read(log, start)
    return (len(_STATEMENT.findall(found)) - len(_BY_THE_CLOCK.findall(found))) / _EACH


@contextmanager
def _logged(bench: Bench) -> Iterator[None]:
    start = bench.log.stat().st_size
    execute(bench.dsn, "ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    try:
        end = monotonic() + _PATIENCE
        while _MARK.encode() not in _read(bench.log, start):
            if monotonic() > end:
                raise RuntimeError("PostgreSQL does not log its statements")
            sleep(0.1)
            execute(bench.dsn, _MARK)
        yield
    finally:
        execute(bench.dsn, "ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()")


def _read(log: Path, start: int) -> bytes:
    with log.open("rb") as file:
        file.seek(start)
        return file.read()
