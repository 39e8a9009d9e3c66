"""The targets, compared with the measurements."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from benchmarks.figures import Figures, compared
from benchmarks.peers import multiple, postgres_multiple
from benchmarks.workload import COMPARISONS, SIZES, WORK

_AT_MOST: Final = {"Q1": 1.25, "Q2": 1.25, "Q3": 1.7, "Q4": 2.0, "M1": 2.5}
_SERIES_PAGE: Final = 1.3
_STOCK: Final = 12.0
_POSTGRES: Final = 1.15
_MERCURIUS: Final = 1.5
_LEVEL: Final = 1.1  # the accuracy of the figures
_OFF: Final = 0.1
_FLAT: Final = 1.02
_MIB: Final = 150.0
_TAIL: Final = 3.0
_TAIL_LEVEL: Final = "64"
_WORKERS: Final = 1.8

Target = dict[str, Any]


def targets(results: Mapping[str, Any]) -> list[Target]:
    """Each target with its bound, the measurement, and whether it is reached; in the order of the page."""
    figures: Figures = results["figures"]
    parts = (_costs(results, figures), _growth(results), _memory(results), _tails(figures), _workers(results))
    return [target for part in parts for target in part]


def _costs(results: Mapping[str, Any], figures: Figures) -> Iterator[Target]:
    ratios = results["ratios_to_limit"]
    for query in COMPARISONS:
        if query in ratios:
            yield _at_most(f"{query}: CPU as a multiple of the limit's", ratios[query], _AT_MOST[query])
    mine, limit = compared(figures, "ours", "Q5"), compared(figures, "limit", "Q5")
    if mine and limit:
        part = round(mine["cpu_ms"] / limit["cpu_ms"], 3)
        yield _at_most("Q5: CPU as a multiple of the limit's", part, _SERIES_PAGE)
    for query in ("Q1", "Q2"):
        mine, limit = compared(figures, "ours", query), compared(figures, "limit", query)
        if mine and limit:
            part = mine["postgres_ms"] / limit["postgres_ms"]
            bound = _POSTGRES * postgres_multiple("PostGraphile 5", query)
            text = f"{query}: PostgreSQL's part as a multiple of the limit's (1.15 x PostGraphile's)"
            yield _at_most(text, part, bound)
    if "Q4" in ratios:
        bound = _MERCURIUS * multiple("Mercurius 16 (jit)", "Q4")
        yield _at_most("Q4: the same beside 1.5 x Mercurius, which checks no token", ratios["Q4"], bound)
    if "M1" in ratios:
        bound = _LEVEL * multiple("Apollo Server 5", "M1")
        yield _at_most("M1: the same, level with Apollo (within 10 %)", ratios["M1"], bound)
    if "Q1" in results["ratios_to_stock"]:
        less = 1 / results["ratios_to_stock"]["Q1"]
        yield _at_least("Q1: how many times less CPU than stock Strawberry", less, _STOCK)


def _growth(results: Mapping[str, Any]) -> Iterator[Target]:
    if "ours" in results["growth"]:
        off = results["growth"]["ours"]["off"]
        yield _at_most("Q1: distance of 5, 20 and 50 entries from a straight line", off, _OFF)
    counts = results["statements"].get("ours", {})
    if set(SIZES) <= set(counts):
        spread = max(counts[query] for query in SIZES) - min(counts[query] for query in SIZES)
        yield _at_most("Q1: difference in statements between 5 and 50 entries", spread, 0.0)


def _memory(results: Mapping[str, Any]) -> Iterator[Target]:
    course = results["soak"]
    if len(course) > 2:
        half = len(course) // 2
        later = max(step["rss_mib"] for step in course[half:]) / course[half]["rss_mib"]
        count = f"{course[-1]['requests']:,.0f}"
        yield _at_most(f"Memory over {count} requests: the second half beside its start", later, _FLAT)
        yield _at_most("Memory of a worker, MiB at most", results["memory"]["ours"]["peak"], _MIB)


def _tails(figures: Figures) -> Iterator[Target]:
    for query in ("Q3", "Q4"):
        cost = figures.get("ours", {}).get(query, {}).get(_TAIL_LEVEL)
        if cost:
            text = f"{query}: p99 as a multiple of p50 at {_TAIL_LEVEL} connections"
            yield _at_most(text, cost["p99_ms"] / cost["p50_ms"], _TAIL)


def _workers(results: Mapping[str, Any]) -> Iterator[Target]:
    if results["workers"]:
        speedup = results["workers"]["queries"][WORK]["speedup"]
        yield _at_least("Two workers: rate as a multiple of one's, without the database", speedup, _WORKERS)


def _at_most(text: str, measured: float, bound: float) -> Target:
    return _target(text, "at most", bound, measured, reached=measured <= bound)


def _at_least(text: str, measured: float, bound: float) -> Target:
    return _target(text, "at least", bound, measured, reached=measured >= bound)


def _target(text: str, kind: str, bound: float, measured: float, *, reached: bool) -> Target:
    rounded = round(measured, 3)
    return {"target": text, "kind": kind, "bound": round(bound, 3), "measured": rounded, "reached": reached}
