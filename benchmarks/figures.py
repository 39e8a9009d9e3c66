"""Computes figures from samples: medians over the rounds, ratios to the limit, growth, memory."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import linear_regression, median
from typing import Any, Final

from benchmarks.measure import COMPARED
from benchmarks.workload import COMPARISONS, SIZES

_MEASURED: Final = (
    "per_second",
    "p50_ms",
    "p99_ms",
    "server_ms",
    "postgres_ms",
    "rss_mib",
    "others",
)
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
    """The straight line through the costs of the family boards of three sizes, and how well it fits.

    `fixed_ms` and `entry_us` of CPU make the line; `off` is the greatest distance of a cost from it, as
    a part of that cost.
    """
    found: dict[str, dict[str, float]] = {}
    for server in figures:
        points = [
            (size * _MEMBERS, cost["cpu_ms"])
            for query, size in SIZES.items()
            if (cost := compared(figures, server, query))
        ]
        if len(points) == len(SIZES):
            slope, fixed = linear_regression(*zip(*points, strict=True))
            off = max(abs(fixed + slope * entries - cost) / cost for entries, cost in points)
            found[server] = {
                "fixed_ms": round(fixed, 4),
                "entry_us": round(slope * 1e3, 2),
                "off": round(off, 4),
            }
    return found
