"""The first part of the page: what the benchmark measures, and how."""

from typing import Final

from benchmarks.peers import PEERS, multiple
from benchmarks.servers import TITLES
from benchmarks.tables import table
from benchmarks.workload import COMPARISONS, MEANINGS

METHOD: Final = f"""\
# Benchmarks

The CPU time of one request, compared with hand-written SQL (a lower bound) and with Strawberry as documented.
The benchmark generates this page, its chart and `benchmarks/results/latest.json`:

```sh
make bench                          # everything, about a quarter of an hour
make bench ARGS="--quick"           # a small data set; does not write this page
make bench ARGS="--queries Q1,Q4 --servers ours,limit --rounds 1"
make bench ARGS="--page"            # regenerates this page from the last results
```

The data are those of `infocus seed large`: 20,000 users in 5,000 families, 20,000 titles, 1,000,000
entries, in a PostgreSQL of the benchmark's own. The data are kept in `.build/bench`, and regenerated when an
old migration or the seeding code changes. Each server is one process on one CPU; PostgreSQL and the client
share another one. Before measuring, the responses of every server are compared with plain SQL.

| Server | |
|---|---|
| {TITLES["limit"]} | The limit: one statement per operation, asyncpg, no checks, no authentication. |
| {TITLES["ours"]} | `infocus serve`, one worker, production settings, with access tokens. |
| {TITLES["loaders"]} | The same without the planner: the cost of operations that cannot be planned. |
| {TITLES["stock"]} | Types, resolvers, a DataLoader per relation, no authentication. |

| Query | |
|---|---|
{chr(10).join(f"| {query} | {meaning} |" for query, meaning in MEANINGS.items())}

M1 is `updateWatchlistEntry`, which sets status and rating of an existing entry. The other servers run the
same update.

Q6 is `searchMedia(query: "the godf", first: 10)` with the first 1 to 16 letters of well-known titles, which
are in the database with their translations. The server has no key for TMDB and searches its catalogue only.
The limit takes all steps of the search in one statement, whose results are also the expected ones. Q5 and Q6
are measured at 16 connections, for the limit and for InFocus GraphQL with plans.

Variables rotate through 300 fixed sets, each with a viewer who can see the result; every request contains the
document. The load is a closed loop over persistent connections: wrk with one thread if installed (`apt-get
install wrk`), otherwise a client in Python. The Python client warms up every server and checks every
response; in the samples, every status has to be 200 and lengths have to be the same as before. CPU is the CPU
time of the server and of all PostgreSQL processes (from `/proc`), divided by the number of requests. Servers
take turns within each round; figures are medians over the rounds. Differences below 10 % are not significant.

The client shares its CPU with PostgreSQL. For fast servers, *requests per second and latencies are limited by
that CPU*; compare the CPU figures. wrk corrects percentiles for coordinated omission, the Python client does
not. Requests that are in progress when wrk stops use CPU without being counted; slow servers get longer
samples, and an error of up to 5 % remains. The two slow servers are measured at 16 connections only.
"""
_ELSEWHERE: Final = """
## Other servers

Measured in a separate run with the same data and method, not by `make bench`: CPU per request (server and
PostgreSQL, at 16 connections), as multiples of the limit in that run. One process each, no authentication, no
checks, PostgreSQL 15; M1 is an upsert.

"""

_IMPORTS: Final = """
## Importing titles

`infocus catalogue import --popular 10000` from the local TMDB in a process of its own, with
`INFOCUS_TMDB_REQUESTS_PER_SECOND=1000`, into an empty embedded database: 5,000 films and 5,000 series with
translations, credits, seasons, episodes and offers. Not measured by `make bench`. One run on 2 CPUs without
other programs, 2026-12-01:

|  | |
| --- | --- |
| duration | 62 s |
| CPU of the command, with its start | 24 s |
| largest resident memory of the command | 220 MB |

PostgreSQL uses 19 to 20 s of CPU and the local TMDB 26 to 28 s.

## Searching

`python -m benchmarks.search`: 2,883 searches, every beginning of the golden queries as it is typed, in a
catalogue of 100,000 titles with ten languages, on the same machine and day, without HTTP:

|  | median | p95 | p99 |
| --- | --- | --- | --- |
| duration | 4.6 ms | 15.4 ms | 22.0 ms |
| CPU of PostgreSQL | 3.6 ms | 12.6 ms | 17.4 ms |

## Subscriptions

`make load`, one worker, WebSockets, families of twenty members, on the same machine and day. A delay is the
time from the request of a mutation to the event at a subscriber; the client process shares a CPU with
PostgreSQL.

|  | |
| --- | --- |
| memory of an idle subscriber, 10,000 of them | 40.7 KiB |
| idle CPU with 10,000 subscribers | 2.9 % of one CPU |
| one event for 1,000 subscribers of a family, 20 viewers: p50, p99 | 42 ms, 327 ms |
| CPU of the server for each delivery of such an event | 55 µs |
| 50 writes/s, each for 20 of 1,000 subscribers: p50, p99 | 6.8 ms, 13.1 ms |
| 200 writes/s, the same, for a minute: p50, p99 | 293 ms, 1.9 s |
| growth of memory in that minute | none |
| events missed, doubled or out of order, with a worker and a backend of PostgreSQL killed | 0 |

At 200 writes/s and 4,000 deliveries/s one worker is at its limit: each event is read once for each viewer.
The trigger adds 7 to 13 µs to the 30 µs of an update in PostgreSQL, and the relay 6 µs for each event.
"""


def measured_elsewhere() -> str:
    """The measurements that were made separately: of other servers, imports, searches and subscriptions."""
    rows = [[peer, *(f"{multiple(peer, query):.1f}" for query in COMPARISONS)] for peer in PEERS]
    return _ELSEWHERE + table(["as a multiple of the limit", *COMPARISONS], rows) + _IMPORTS
