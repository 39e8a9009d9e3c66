"""Compares two workers with one, with requests that need no database."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any, Final

from benchmarks.database import Bench
from benchmarks.load import checked, load
from benchmarks.places import CPUS, HOME, OTHER_CPU
from benchmarks.servers import Server, running
from benchmarks.usage import busy_seconds, cpu_seconds, pin, starting_on, tree

CONNECTIONS: Final = 64
ENOUGH: Final = 4  # CPUs: two for the workers, two for PostgreSQL and the client
_COUNTS: Final = (1, 2)
_SPAWNED: Final = b"multiprocessing.spawn"
_STARTED: Final = "Application startup complete"
_PATIENCE: Final = 30.0
_WARM: Final = 1.0


def compare(
    client: str, bench: Bench, texts: dict[str, list[str]], seconds: float, rounds: int
) -> dict[str, Any]:
    """Rates and CPU of one and two workers for each query of `texts`, and how two share the last one."""
    found: dict[str, dict[str, Any]] = {query: {} for query in texts}
    with starting_on(*_for_the_others()), _workers(bench, 1) as one, _workers(bench, 2) as two:
        servers = dict(zip(_COUNTS, (one, two), strict=True))
        for query, few in texts.items():
            samples: dict[int, list[dict[str, float]]] = {count: [] for count in _COUNTS}
            for server in servers.values():
                checked(server.port, few, CONNECTIONS, _WARM)
            for _ in range(rounds):
                for count, server in servers.items():
                    samples[count].append(_sample(client, bench, server, few, seconds))
            found[query] = {
                str(count): {name: median(each[name] for each in taken) for name in taken[0]}
                | {"least_share": min(each["least_share"] for each in taken)}
                for count, taken in samples.items()
            }
            one_of_it, two_of_it = (found[query][str(count)] for count in _COUNTS)
            found[query]["speedup"] = two_of_it["per_second"] / one_of_it["per_second"]
            # Requests per second of CPU, relative to one worker.
            found[query]["efficiency"] = one_of_it["server_ms"] / two_of_it["server_ms"]
        share = _share(two, few, seconds)
    return {"cpus": len(CPUS), "connections": CONNECTIONS, "queries": found, "share": share}


def _sample(client: str, bench: Bench, server: Server, texts: list[str], seconds: float) -> dict[str, float]:
    workers = _worker_pids(server)
    started, busy = monotonic(), busy_seconds()
    before = cpu_seconds(bench.pid), [cpu_seconds(pid) for pid in workers]
    seen = load(client, server.port, texts, CONNECTIONS, seconds)
    used = [cpu_seconds(pid) - was for pid, was in zip(workers, before[1], strict=True)]
    others = busy_seconds() - busy - sum(used) - seen["client_seconds"] - (cpu_seconds(bench.pid) - before[0])
    return {
        "per_second": seen["requests"] / seen["seconds"],
        "server_ms": sum(used) / seen["requests"] * 1e3,
        "least_share": min(used) / sum(used),  # of the CPU, used by the less busy worker
        "others": max(0.0, others / (monotonic() - started)),
        "p50_ms": seen["p50_ms"],
        "p99_ms": seen["p99_ms"],
    }


def _share(server: Server, texts: list[str], seconds: float) -> dict[str, list[int]]:
    """The number of connections and requests of each worker."""
    workers = _worker_pids(server)
    with ThreadPoolExecutor(1) as thread:
        running_load = thread.submit(checked, server.port, texts, CONNECTIONS, seconds)
        sleep(seconds / 2)
        ports = [_peers(pid, server.port) for pid in workers]
        seen = running_load.result()
    requests = [sum(seen["by_port"].get(str(port), 0) for port in each) for each in ports]
    if sum(requests) != seen["requests"]:
        raise RuntimeError(f"{seen['requests']} requests got responses, but the workers served {requests}")
    return {"connections": [len(each) for each in ports], "requests": requests}


@contextmanager
def _workers(bench: Bench, count: int) -> Iterator[Server]:
    """Runs a server with `workers`, each on its own CPU if there are enough."""
    name = f"workers-{count}"
    with running("ours", bench.url, workers=count, log=name) as server:
        _wait(HOME / f"{name}.log", count)
        pids = _worker_pids(server)
        if len(pids) != count:
            raise RuntimeError(f"{len(pids)} workers for {count}")
        for pid, cpu in zip(pids, CPUS, strict=False):
            pin(pid, cpu)
        yield server


def _wait(log: Path, count: int) -> None:
    end = monotonic() + _PATIENCE
    while log.read_text().count(_STARTED) < count:
        if monotonic() > end:
            raise RuntimeError(f"{count} workers did not start:\n{log.read_text()[-2000:]}")
        sleep(0.1)


def _for_the_others() -> Sequence[int]:
    """The client's CPU; any CPU if the workers need all of them."""
    return (OTHER_CPU,) if len(CPUS) >= ENOUGH else CPUS


def _worker_pids(server: Server) -> list[int]:
    spawned = [pid for pid in tree(server.pid) if _SPAWNED in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return sorted(spawned) or [server.pid]


def _peers(pid: int, port: int) -> set[int]:
    """The client ports of the connections that a process has accepted on `port`."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            inodes.add(str(entry.readlink()))
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {
        int(words[2].partition(":")[2], 16)
        for words in lines
        if f"socket:[{words[9]}]" in inodes and words[1].endswith(f":{port:04X}") and words[3] == "01"
    }
