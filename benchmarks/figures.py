"""From samples to figures: medians over the rounds, ratios to the limit, growth, memory."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Final

from benchmarks.measure import COMPARED

COMPARISONS: Final = ("Q1", "Q2", "Q3", "Q4", "M1")
_MEASURED: Final = (
    "per_second",
    "p50_ms",
    "p99_ms",
    "server_ms",
    "postgres_ms",
    "rss_mib",
    "others",
    "failed",
)
_SIZES: Final = {"Q1@5": 5, "Q1": 20, "Q1@50": 50}
_MEMBERS: Final = 4

Figures = dict[str, dict[str, dict[str, dict[str, float]]]]


def medians(samples: Iterable[Mapping[str, Any]]) -> Figures:
    """The median of each figure: by server, query, and connections (as texts, as JSON has them)."""
    groups: defaultdict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for sample in samples:
        groups[sample["server"], sample["query"], str(sample["level"])].append(sample)
    found: Figures = {}
    for (server, query, level), group in groups.items():
        values = {name: round(median(sample[name] for sample in group), 4) for name in _MEASURED}
        values["cpu_ms"] = round(values["server_ms"] + values["postgres_ms"], 4)
        found.setdefault(server, {}).setdefault(query, {})[level] = values
    return found


def compared(figures: Figures, server: str, query: str) -> dict[str, float] | None:
    """The figures of a server for a query at the connections that are compared."""
    return figures.get(server, {}).get(query, {}).get(str(COMPARED))


def ratios(
    figures: Figures, server: str, other: str, queries: Sequence[str] = COMPARISONS
) -> dict[str, float]:
    """How many times the CPU of `other` a server and its PostgreSQL use for one request."""
    found = {}
    for query in queries:
        mine, theirs = compared(figures, server, query), compared(figures, other, query)
        if mine and theirs:
            found[query] = round(mine["cpu_ms"] / theirs["cpu_ms"], 3)
    return found


def growth(figures: Figures) -> dict[str, dict[str, float]]:
    """Microseconds of CPU for each further entry of the family board, from size to size."""
    found: dict[str, dict[str, float]] = {}
    sizes = list(_SIZES.items())
    for server in figures:
        for (small, few), (large, many) in pairwise(sizes):
            left, right = compared(figures, server, small), compared(figures, server, large)
            if left and right:
                each = (right["cpu_ms"] - left["cpu_ms"]) / ((many - few) * _MEMBERS) * 1e3
                found.setdefault(server, {})[f"{few}-{many}"] = round(each, 1)
    return found
