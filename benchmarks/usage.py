"""CPU time and memory of processes, from /proc."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")
_GONE: Final = (FileNotFoundError, ProcessLookupError)


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        with suppress(*_GONE):
            for task in os.listdir(f"/proc/{each}/task"):
                children = Path(f"/proc/{each}/task/{task}/children").read_text()
                waiting += [int(child) for child in children.split()]
            found.append(each)
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of a process and its living descendants."""
    return sum(_on_cpu(pid) for pid in tree(root))


def memory_mib(root: int, kind: str = "VmRSS") -> float:
    """Resident memory of a process and its descendants: now, or at most (`VmHWM`)."""
    total = 0
    for pid in tree(root):
        with suppress(*_GONE):
            found = re.search(rf"{kind}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
            total += int(found[1]) if found else 0
    return round(total / 1024, 1)


def busy_seconds() -> float:
    """The CPU time of all processes of the machine."""
    first = Path("/proc/stat").read_text().split("\n", 1)[0]
    user, nice, system, _, _, irq, softirq, steal = (int(word) for word in first.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICK


def pin(root: int, *cpus: int) -> None:
    """Pins a process and its descendants to these CPUs."""
    for pid in tree(root):
        for task in _tasks(pid):
            with suppress(*_GONE):
                os.sched_setaffinity(task, cpus)


@contextmanager
def starting_on(*cpus: int) -> Iterator[None]:
    """Processes started in the block run on these CPUs from the start."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_model() -> str:
    """The model name of the CPU."""
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else "unknown"


def _tasks(pid: int) -> Iterator[int]:
    with suppress(*_GONE):
        yield from (int(task) for task in os.listdir(f"/proc/{pid}/task"))


def _on_cpu(pid: int) -> float:
    total = 0.0
    for task in _tasks(pid):
        with suppress(*_GONE):
            total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0]) / 1e9
    return total
