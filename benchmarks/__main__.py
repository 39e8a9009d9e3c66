"""The command line of the benchmark."""

import argparse
import asyncio
import json
import platform
import signal
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console

from benchmarks.chart import chart
from benchmarks.database import Bench, database
from benchmarks.figures import growth, medians, ratios
from benchmarks.load import CLIENTS, best_client
from benchmarks.measure import Bearers, Plan, Say, check, samples, soak
from benchmarks.page import page
from benchmarks.places import CHART, CPUS, HOME, LATEST, PAGE
from benchmarks.servers import TITLES, Server, running
from benchmarks.statements import count as count_statements
from benchmarks.targets import targets
from benchmarks.usage import cpu_model, memory_mib
from benchmarks.workers import compare as compare_workers
from benchmarks.workload import QUERIES, WORK, Request, requests

_QUICK_SCALE: Final = 0.02


def main() -> None:
    """Runs the benchmark, and writes the results."""
    options = _options()
    console = Console(highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {text}", markup=False)

    try:
        if options.page:
            _write_page(json.loads(LATEST.read_text()) if LATEST.exists() else None)
        else:
            _measure(options, say)
    except KeyboardInterrupt:
        say("interrupted; all processes are stopped")
        raise SystemExit(130) from None


def _measure(options: argparse.Namespace, say: Say) -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    plan = Plan(options.queries, options.client, options.seconds, options.rounds, options.soak)
    with ExitStack() as stack:
        say("starting PostgreSQL; the first run creates the data, which takes some minutes")
        bench = stack.enter_context(database(options.scale))
        found = asyncio.run(requests(bench.dsn))
        asked = {query: found[query] for query in plan.queries}
        servers = [stack.enter_context(running(name, bench.url)) for name in options.servers]
        stack.callback(_ignore_signals)  # called first: a second Ctrl-C must not interrupt the clean-up
        check(servers, asked, bench, say)
        started = {server.name: memory_mib(server.pid) for server in servers}
        counts = count_statements(servers, _texts(asked), bench)
        results: dict[str, Any] = {"samples": list(samples(servers, asked, bench, plan, say))}
        ours = next((server for server in servers if server.name == "ours"), None)
        results["soak"] = soak(ours, asked, plan, say) if ours is not None else []
        results = _summary(options, bench, servers, started) | {"statements": counts} | results
        results["workers"] = _workers(options, bench, found) if ours is not None else {}
    _write(_with_conclusions(results, say), whole=_is_whole(options), say=say)


def _texts(requests: dict[str, list[Request]]) -> dict[str, list[str]]:
    bearers = Bearers()
    return {query: bearers.texts(several) for query, several in requests.items()}


def _workers(options: argparse.Namespace, bench: Bench, found: dict[str, list[Request]]) -> dict[str, Any]:
    texts = _texts({query: found[query] for query in (WORK, "Q4")})
    return compare_workers(options.client, bench, texts, options.seconds, options.rounds)


def _with_conclusions(results: dict[str, Any], say: Say) -> dict[str, Any]:
    figures = results["figures"] = medians(results["samples"])
    results["ratios_to_limit"] = ratios(figures, "ours", "limit")
    results["ratios_to_stock"] = ratios(figures, "ours", "stock")
    results["growth"] = growth(figures)
    results["targets"] = targets(results)
    for target in results["targets"]:
        reached = "reached" if target["reached"] else "NOT REACHED"
        say(f"{reached:11}  {target['measured']:>9} {target['kind']} {target['bound']}: {target['target']}")
    return results


def _summary(
    options: argparse.Namespace, bench: Bench, servers: list[Server], started: dict[str, float]
) -> dict[str, Any]:
    memory = {
        server.name: {
            "start": started[server.name],
            "end": memory_mib(server.pid),
            "peak": memory_mib(server.pid, "VmHWM"),
        }
        for server in servers
    }
    machine = {
        "cpu": cpu_model(),
        "cpus": len(CPUS),
        "python": platform.python_version(),
        "postgresql": bench.version,
    }
    run = {
        "date": datetime.now(UTC).date().isoformat(),
        "client": options.client,
        "seconds": options.seconds,
        "rounds": options.rounds,
        "scale": options.scale,
    }
    return {"machine": machine, "run": run, "memory": memory}


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _is_whole(options: argparse.Namespace) -> bool:
    everything = set(options.queries) == set(QUERIES) and set(options.servers) == set(TITLES)
    return everything and options.scale == 1 and not options.quick


def _write(results: dict[str, Any], *, whole: bool, say: Say) -> None:
    text = json.dumps(results, indent=1) + "\n"
    if not whole:
        (HOME / "partial.json").write_text(text)
        say(f"incomplete: the figures are in {HOME / 'partial.json'} only")
        return
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(text)
    _write_page(results)
    say(f"written: {LATEST}, {PAGE}, {CHART}")


def _write_page(results: dict[str, Any] | None) -> None:
    PAGE.write_text(page(results))
    if results is not None:
        CHART.write_text(chart(results["figures"]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of two seconds, a small data set")
    parser.add_argument("--queries", type=_among(QUERIES), default=QUERIES, help=",".join(QUERIES))
    parser.add_argument("--servers", type=_among(TITLES), default=tuple(TITLES), help=",".join(TITLES))
    parser.add_argument(
        "--client", choices=CLIENTS, default=best_client(), help="by default wrk if installed"
    )
    parser.add_argument("--seconds", type=float, help="length of a sample; by default 3")
    parser.add_argument("--rounds", type=int, help="how often each sample is taken; by default 3")
    parser.add_argument("--scale", type=float, help="size of the data set; by default 1")
    parser.add_argument("--soak", type=int, help="requests of the memory test at the end; by default 100000")
    parser.add_argument("--page", action="store_true", help="only regenerate the page from the last results")
    options = parser.parse_args()
    quick = (2.0, 1, _QUICK_SCALE, 5_000) if options.quick else (3.0, 3, 1.0, 100_000)
    for name, value in zip(("seconds", "rounds", "scale", "soak"), quick, strict=True):
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def _among(known: Any) -> Any:
    def words(text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        unknown = sorted(set(found) - set(known))
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        return found

    return words


if __name__ == "__main__":
    main()
