"""Measures subscriptions over WebSockets, on a database and a server of its own.

    python -m benchmarks.live                       all measurements, with smaller numbers for a quick look
    python -m benchmarks.live --idle 10000 --subscribers 1000 --families 50 --rate 200 --seconds 600 --kill

Figures: the memory of idle subscribers, the delay of one event for all subscribers of a family, memory and
delays under writes, and, with `--kill`, the number of events that resuming clients miss while a worker and
PostgreSQL are killed.
"""

import argparse
import asyncio
import json
import resource

from benchmarks.database import database
from benchmarks.live.measurements import Measurement
from benchmarks.servers import running

# The limits of a user and of an address don't fit twenty users with ten thousand connections.
SETTINGS = {
    "INFOCUS_MAX_LIVE_CONNECTIONS": "50000",
    "INFOCUS_MAX_LIVE_CONNECTIONS_PER_USER": "50000",
    "INFOCUS_MAX_CONNECTIONS": "60000",
}


def main() -> None:
    """Runs the measurements and prints a line of JSON for each."""
    parser = argparse.ArgumentParser(description="Measures subscriptions.")
    parser.add_argument("--idle", type=int, default=1_000, help="idle subscribers")
    parser.add_argument("--subscribers", type=int, default=200, help="live subscribers")
    parser.add_argument("--families", type=int, default=20, help="families of the subscribers under writes")
    parser.add_argument("--events", type=int, default=30, help="single events whose delay is measured")
    parser.add_argument("--rate", type=int, default=100, help="writes per second")
    parser.add_argument("--seconds", type=int, default=10, help="duration of the writes")
    parser.add_argument("--kill", action="store_true", help="kill a worker and PostgreSQL meanwhile")
    parser.add_argument("--workers", type=int, default=1, help="worker processes")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with (
        database(0.01) as bench,
        running("ours", bench.url, workers=options.workers, log="live", settings=SETTINGS) as server,
    ):
        measurement = Measurement(bench, server)
        asyncio.run(measurement.run(options, lambda line: print(json.dumps(line), flush=True)))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
