"""The page `docs/benchmarks.md`, written from the results."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.figures import COMPARISONS, Figures, compared
from benchmarks.measure import COMPARED, LEVELS
from benchmarks.servers import TITLES
from benchmarks.workload import MEANINGS

_BUSY: Final = 0.3  # CPUs used by others, from which on the figures are doubtful
_METHOD: Final = f"""\
# Benchmarks

What one request costs, beside the least that it can cost and beside what is usual. This page, its chart and
`benchmarks/results/latest.json` are written by the benchmark itself:

```sh
make bench                          # everything, about half an hour
make bench ARGS="--quick"           # a look at a small data set; writes nothing here
make bench ARGS="--queries Q1,Q4 --servers ours,limit --rounds 1"
```

The data are those of `infocus seed large`: 20,000 users in 5,000 families, 20,000 titles, 1,000,000
entries, in a PostgreSQL of the benchmark's own (`.build/bench`). Each server is one process on one CPU;
PostgreSQL and the client share another one. Before anything is measured, answers of every server are
compared with those of plain SQL.

| Server | |
|---|---|
| {TITLES["limit"]} | The limit: one statement for each operation, asyncpg, no checks, no sign-in. |
| {TITLES["ours"]} | `infocus serve`, one worker, production settings; viewers are signed in. |
| {TITLES["loaders"]} | The same with the planner switched off: the cost of what can't be planned. |
| {TITLES["stock"]} | Types, resolvers, a DataLoader for each relation, no sign-in. |

| Query | |
|---|---|
{chr(10).join(f"| {query} | {meaning} |" for query, meaning in MEANINGS.items())}

Variables rotate through 300 fixed sets, each sent by a viewer who may see the answer. CPU is the time that
the server and all of PostgreSQL's processes were on a CPU (from `/proc`), divided by the number of requests.
The client is written in Python and shares its CPU with PostgreSQL: where a server is fast, *requests per
second and latencies tell of that CPU, not of the server's*; compare the CPU figures. All servers take turns
within each round; figures are medians over the rounds. Don't read differences under 10 %.
"""


def page(results: Mapping[str, Any] | None) -> str:
    """The page; without results, how to get them."""
    if results is None:
        return (
            _METHOD + "\n## Results\n\nNone yet: run `make bench` on a quiet machine with two CPUs or more.\n"
        )
    figures: Figures = results["figures"]
    parts = [_METHOD, "## Results\n", _where(results), "![CPU for one request](benchmarks.svg)\n"]
    parts += [_costs(figures), _ratios(results), _rates(figures), _growth(results), _memory(results)]
    return "\n".join(parts).rstrip() + "\n"


def _where(results: Mapping[str, Any]) -> str:
    machine, run = results["machine"], results["run"]
    busy = max(sample["others"] for sample in results["samples"])
    text = (
        f"{run['date']}, {machine['cpu']}, Python {machine['python']}, PostgreSQL {machine['postgresql']}; "
        f"samples of {run['seconds']:g} s, rounds: {run['rounds']}.\n"
    )
    if busy > _BUSY:
        text += (
            f"\nOther work on the machine used up to {busy:.1f} CPUs during a sample, which costs accuracy.\n"
        )
    return text


def _costs(figures: Figures) -> str:
    rows = []
    for server, title in _shown(figures):
        cells = [_cost(compared(figures, server, query)) for query in MEANINGS]
        rows.append([title, *cells])
    heading = f"Milliseconds of CPU for one request, server + PostgreSQL, at {COMPARED} connections:\n\n"
    return heading + _table(["", *MEANINGS], rows)


def _ratios(results: Mapping[str, Any]) -> str:
    others = {"the limit": results["ratios_to_limit"], "stock Strawberry": results["ratios_to_stock"]}
    rows = [
        [f"InFocus GraphQL, as a multiple of {name}", *(_number(found.get(query)) for query in COMPARISONS)]
        for name, found in others.items()
        if found
    ]
    return _table(["", *COMPARISONS], rows) if rows else ""


def _rates(figures: Figures) -> str:
    rows = []
    for query in COMPARISONS:
        for level in map(str, LEVELS):
            cells = [_rate(figures[server].get(query, {}).get(level)) for server, _ in _shown(figures)]
            rows.append([f"{query}, {level}", *cells])
    heading = "Requests per second, and the 50th / 99th percentile of the latency in ms, by connections:\n\n"
    return heading + _table(["", *(title for _, title in _shown(figures))], rows)


def _growth(results: Mapping[str, Any]) -> str:
    found = results["growth"]
    if not found:
        return ""
    rows = [
        [title, *(f"{each:.0f} µs" for each in found[server].values())]
        for server, title in TITLES.items()
        if server in found
    ]
    spans = [f"{span.replace('-', ' to ')} a member" for span in next(iter(found.values()))]
    return "CPU for each further entry of the family board:\n\n" + _table(["", *spans], rows)


def _memory(results: Mapping[str, Any]) -> str:
    rows = [
        [TITLES[server], f"{found['start']:.0f}", f"{found['end']:.0f}"]
        for server, found in results["memory"].items()
    ]
    text = "Resident memory in MiB:\n\n" + _table(["", "at the start", "at the end"], rows)
    course = results["soak"]
    if len(course) > 1:
        steps = ", ".join(f"{step['rss_mib']:.0f}" for step in course)
        count = f"{course[-1]['requests']:,.0f}"
        text += (
            f"\nInFocus GraphQL over {count} further requests, Q2 to Q4 and M1 mixed, in steps: {steps}.\n"
        )
    return text


def _shown(figures: Figures) -> list[tuple[str, str]]:
    return [(server, title) for server, title in TITLES.items() if server in figures]


def _cost(found: Mapping[str, float] | None) -> str:
    return f"{found['server_ms']:.3g} + {found['postgres_ms']:.3g}" if found else "-"


def _rate(found: Mapping[str, float] | None) -> str:
    if not found:
        return "-"
    text = f"{found['per_second']:,.0f}/s, {found['p50_ms']:.1f} / {found['p99_ms']:.1f}"
    return f"{text}; {found['failed']:.0f} refused" if found["failed"] else text


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
