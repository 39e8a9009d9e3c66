"""The statistics, targets, page and chart of the benchmark."""

from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.chart import chart
from benchmarks.figures import growth, medians, ratios
from benchmarks.measure import compare_lengths
from benchmarks.page import page
from benchmarks.targets import targets
from benchmarks.truth import Wrong, difference
from benchmarks.workload import COMPARISONS, QUERIES

# CPU time of server and PostgreSQL in milliseconds, with which every target is reached.
SERVERS = {"limit": (1.0, 0.5), "ours": (1.2, 0.35), "loaders": (9.0, 1.0), "stock": (25.0, 1.0)}


def sample(
    server: str, query: str, server_ms: float, postgres_ms: float = 0.5, level: int = 16
) -> dict[str, Any]:
    times = {"p50_ms": 2.0, "p99_ms": 5.0, "per_second": 100.0}
    costs = {"server_ms": server_ms, "postgres_ms": postgres_ms, "rss_mib": 100.0, "others": 0.0}
    return {"server": server, "query": query, "level": level, **times, **costs}


def results(**changes: Any) -> dict[str, Any]:
    samples = [sample(server, query, *cost) for server, cost in SERVERS.items() for query in QUERIES]
    samples += [
        sample(server, query, *SERVERS[server], level)
        for server in ("limit", "ours")
        for query in COMPARISONS
        for level in (1, 64)
    ]
    figures = medians(samples)
    rate = {"per_second": 100.0, "server_ms": 1.0, "least_share": 0.5, "others": 0.0}
    compared = {"1": rate, "2": rate | {"per_second": 190.0}, "speedup": 1.9, "efficiency": 0.98}
    return {
        "machine": {"cpu": "a CPU", "cpus": 2, "python": "3.11", "postgresql": "18"},
        "run": {"date": "2026-01-01", "client": "wrk", "seconds": 3.0, "rounds": 3},
        "samples": samples,
        "figures": figures,
        "ratios_to_limit": ratios(figures, "ours", "limit"),
        "ratios_to_stock": ratios(figures, "ours", "stock"),
        "growth": growth(figures),
        "statements": {"ours": dict.fromkeys(QUERIES, 1.0)},
        "soak": [{"requests": 10_000.0 * step, "rss_mib": 100.0} for step in range(11)],
        "memory": {"ours": {"start": 90.0, "end": 100.0, "peak": 101.0}},
        "workers": {
            "cpus": 2,
            "connections": 64,
            "queries": {"T": compared, "Q4": compared},
            "share": {"connections": [30, 34], "requests": [500, 510]},
        },
        **changes,
    }


def unreached(found: dict[str, Any]) -> list[str]:
    return [target["target"].partition(":")[0] for target in targets(found) if not target["reached"]]


def test_results_are_medians_and_ratios_include_postgresql() -> None:
    figures = medians([sample("ours", "Q1", cost) for cost in (9.0, 1.5, 1.0)] + [sample("limit", "Q1", 0.5)])
    assert figures["ours"]["Q1"]["16"]["cpu_ms"] == 2.0
    assert ratios(figures, "ours", "limit") == {"Q1": 2.0}


def test_the_growth_is_a_line_through_three_sizes() -> None:
    costs = {"Q1@5": 0.3, "Q1": 0.6, "Q1@50": 1.2}  # plus half a millisecond in PostgreSQL
    (line,) = growth(medians([sample("ours", query, cost) for query, cost in costs.items()])).values()
    assert line == {"fixed_ms": 0.7, "entry_us": 5.0, "off": 0.0}


def test_all_targets_are_reached() -> None:
    assert unreached(results()) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"ratios_to_limit": {"Q1": 1.3, "Q3": 1.69, "M1": 2.6}}, ["Q1", "M1", "M1"]),
        ({"ratios_to_stock": {"Q1": 0.1}}, ["Q1"]),
        ({"growth": {"ours": {"off": 0.11}}}, ["Q1"]),
        ({"statements": {"ours": {"Q1@5": 1.0, "Q1": 1.0, "Q1@50": 2.0}}}, ["Q1"]),
        (
            {"soak": [{"requests": step, "rss_mib": 90.0 + step} for step in range(11)]},
            ["Memory over 10 requests"],
        ),
        ({"memory": {"ours": {"peak": 151.0}}}, ["Memory of a worker, MiB at most"]),
        ({"workers": {"queries": {"T": {"speedup": 1.79}}}}, ["Two workers"]),
    ],
)
def test_missed_targets_are_reported(change: dict[str, Any], missed: list[str]) -> None:
    assert unreached(results(**change)) == missed


def test_a_large_spread_of_latencies_misses_its_target() -> None:
    found = results()
    found["figures"]["ours"]["Q3"]["64"]["p99_ms"] = 6.1
    assert unreached(found) == ["Q3"]


def test_responses_shorter_than_the_checked_ones_are_errors() -> None:
    compare_lengths("ours", {"requests": 10_000, "bytes": 1020.0}, {"requests": 10_000, "bytes": 1000.0})
    with pytest.raises(Wrong, match="200 bytes per response, 1000 when checked"):
        compare_lengths("ours", {"requests": 100, "bytes": 200.0}, {"requests": 100, "bytes": 1000.0})


def test_the_first_difference_is_named_by_its_path() -> None:
    right = {"node": {"id": "us1", "tags": ["a", "b"]}}
    assert difference(right, right) is None
    assert difference({"node": {"id": "us1", "tags": ["a", "c"]}}, right) == "data.node.tags[1]: 'c' for 'b'"
    assert difference({"node": None}, right) == f"data.node: None for {right['node']!r}"


def test_the_page_lists_reached_and_missed_targets() -> None:
    found = results(ratios_to_limit={"Q1": 1.3, "Q3": 1.5})
    written = page(found | {"targets": targets(found)})
    assert "| Q1: CPU as a multiple of the limit's | at most 1.25 | 1.3 | **no** |" in written
    assert "| Q3: CPU as a multiple of the limit's | at most 1.7 | 1.5 | yes |" in written
    assert "one worker got 30 and the other 34" in written
    assert "None yet" in page(None)


def test_the_chart_shows_both_parts_of_every_bar() -> None:
    drawn = ElementTree.fromstring(chart(results()["figures"]))
    space = {"svg": "http://www.w3.org/2000/svg"}
    bars = len(COMPARISONS) * len(SERVERS)
    assert len(drawn.findall("svg:rect", space)) == 2 + 2 * bars
    words = [each.text for each in drawn.findall("svg:text", space)]
    assert words.count("1.2 + 0.35 ms") == len(COMPARISONS)
    # The bars of the two slow servers are cut off.
    assert len(drawn.findall("svg:path", space)) == 2 * len(COMPARISONS)
