"""Generates `docs/benchmarks.md` from the results."""

from collections.abc import Mapping
from typing import Any, Final

from benchmarks.figures import Figures, compared
from benchmarks.measure import COMPARED, LEVELS, SLOW
from benchmarks.method import METHOD, measured_elsewhere
from benchmarks.servers import TITLES
from benchmarks.tables import table
from benchmarks.workers import ENOUGH
from benchmarks.workload import COMPARISONS, MEANINGS, WORK

_WORKERS: Final = """\
### Two workers

The same server with one worker and with two, each pinned to a CPU, at {connections} connections. `T` selects
`__typename` 400 times and needs no database. "Others" is the CPU time of other programs, in CPUs.
"""
_BUSY: Final = 0.3  # CPUs used by other programs; above, the page has a warning


def page(results: Mapping[str, Any] | None) -> str:
    """The page; without results, instructions to get them."""
    if results is None:
        none = "\n## Results\n\nNone yet: run `make bench` on an idle machine with two CPUs or more.\n"
        return METHOD + none + measured_elsewhere()
    figures: Figures = results["figures"]
    parts = [METHOD, "## Results\n", _where(results), _targets(results)]
    parts += ["![CPU per request](benchmarks.svg)\n", _costs(figures), _ratios(results), _rates(figures)]
    parts += [_growth(results), _statements(results), _memory(results), _workers(results)]
    return "\n".join(part for part in parts if part) + measured_elsewhere()


def _where(results: Mapping[str, Any]) -> str:
    machine, run = results["machine"], results["run"]
    busy = max(sample["others"] for sample in results["samples"])
    client = "wrk" if run["client"] == "wrk" else "the benchmark's own client"
    text = (
        f"{run['date']}, {machine['cpu']}, {machine['cpus']} CPUs, Python {machine['python']}, "
        f"PostgreSQL {machine['postgresql']}; load from {client}; samples of {run['seconds']:g} s or more, "
        f"rounds: {run['rounds']}.\n"
    )
    if busy > _BUSY:
        text += f"\nOther programs used up to {busy:.1f} CPUs during a sample, which reduces accuracy.\n"
    return text


def _targets(results: Mapping[str, Any]) -> str:
    rows = [
        [
            each["target"],
            f"{each['kind']} {each['bound']:g}",
            f"{each['measured']:g}",
            "yes" if each["reached"] else "**no**",
        ]
        for each in results["targets"]
    ]
    return table(["Target", "", "measured", "reached"], rows)


def _costs(figures: Figures) -> str:
    rows = []
    for server, title in _shown(figures):
        cells = [_cost(compared(figures, server, query)) for query in MEANINGS]
        rows.append([title, *cells])
    heading = f"Milliseconds of CPU per request, server + PostgreSQL, at {COMPARED} connections:\n\n"
    return heading + table(["", *MEANINGS], rows)


def _ratios(results: Mapping[str, Any]) -> str:
    others = {"the limit": results["ratios_to_limit"], "stock Strawberry": results["ratios_to_stock"]}
    rows = [
        [f"InFocus GraphQL, as a multiple of {name}", *(_number(found.get(query)) for query in COMPARISONS)]
        for name, found in others.items()
        if found
    ]
    return table(["", *COMPARISONS], rows) if rows else ""


def _rates(figures: Figures) -> str:
    shown = [(server, title) for server, title in _shown(figures) if server not in SLOW]
    rows = []
    for query in COMPARISONS:
        for level in map(str, LEVELS):
            cells = [_rate(figures[server].get(query, {}).get(level)) for server, _ in shown]
            rows.append([f"{query}, {level}", *cells])
    heading = "Requests per second, and the 50th / 99th percentile of the latency in ms, by connections:\n\n"
    return heading + table(["", *(title for _, title in shown)], rows)


def _growth(results: Mapping[str, Any]) -> str:
    found = results["growth"]
    if not found:
        return ""
    rows = [
        [title, f"{line['fixed_ms']:.3g} ms", f"{line['entry_us']:.0f} µs", f"{line['off']:.1%}"]
        for server, title in TITLES.items()
        if (line := found.get(server))
    ]
    heading = "CPU of the family board by its entries (4 x 5, 20, 50), as a linear fit:\n\n"
    return heading + table(["", "without entries", "per entry", "largest deviation"], rows)


def _statements(results: Mapping[str, Any]) -> str:
    rows = [
        [title, *(f"{counts[query]:g}" if query in counts else "-" for query in MEANINGS)]
        for server, title in TITLES.items()
        if (counts := results["statements"].get(server))
    ]
    heading = "SQL statements per request, as PostgreSQL logs them (`BEGIN` and `COMMIT` included):\n\n"
    return heading + table(["", *MEANINGS], rows)


def _workers(results: Mapping[str, Any]) -> str:
    found = results["workers"]
    if not found:
        return ""
    rows = [
        [
            f"{query}, {count}",
            f"{of_it[count]['per_second']:,.0f}/s",
            f"{of_it[count]['server_ms']:.3g}",
            f"{of_it[count]['least_share']:.0%}",
            f"{of_it[count]['others']:.1f}",
        ]
        for query, of_it in found["queries"].items()
        for count in ("1", "2")
    ]
    work = found["queries"][WORK]
    head = [
        "Query, workers",
        "rate",
        "CPU of the workers, ms per request",
        "share of the less busy worker, at worst",
        "others",
    ]
    return "\n".join((_WORKERS.format(**found), table(head, rows), _conclusion(found, work)))


def _conclusion(found: Mapping[str, Any], work: Mapping[str, Any]) -> str:
    share = found["share"]
    connections, requests = share["connections"], share["requests"]
    text = (
        f"{WORK}: {work['speedup']:.2f} times the rate of one worker, with {work['efficiency']:.2f} times "
        f"the requests per second of CPU. Of {sum(connections)} connections one worker got {connections[0]} "
        f"and the other {connections[1]}; of {sum(requests):,} requests of Q4, {requests[0]:,} and "
        f"{requests[1]:,}.\n"
    )
    if found["cpus"] < ENOUGH:
        text += (
            f"\nThis machine has {found['cpus']} CPUs, which two workers, PostgreSQL and the client share. "
            f"The rate of Q4 therefore does not show the gain of a second worker; that of {WORK} does.\n"
        )
    return text


def _memory(results: Mapping[str, Any]) -> str:
    rows = [
        [TITLES[server], f"{found['start']:.0f}", f"{found['end']:.0f}"]
        for server, found in results["memory"].items()
    ]
    text = "Resident memory in MiB:\n\n" + table(["", "at the start", "at the end"], rows)
    course = results["soak"]
    if len(course) > 1:
        steps = ", ".join(f"{step['rss_mib']:.0f}" for step in course)
        count = f"{course[-1]['requests']:,.0f}"
        text += (
            f"\nInFocus GraphQL over {count} further requests (Q4, Q3, Q2 and M1 as 5 : 3 : 1 : 1), in equal "
            f"steps: {steps}.\n"
        )
    return text


def _shown(figures: Figures) -> list[tuple[str, str]]:
    return [(server, title) for server, title in TITLES.items() if server in figures]


def _cost(found: Mapping[str, float] | None) -> str:
    return f"{found['server_ms']:.3g} + {found['postgres_ms']:.3g}" if found else "-"


def _rate(found: Mapping[str, float] | None) -> str:
    if not found:
        return "-"
    return f"{found['per_second']:,.0f}/s, {found['p50_ms']:.1f} / {found['p99_ms']:.1f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
