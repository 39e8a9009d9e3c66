"""The first part of the page: what is measured, and how."""

from typing import Final

from benchmarks.peers import PEERS, multiple
from benchmarks.servers import TITLES
from benchmarks.tables import table
from benchmarks.workload import COMPARISONS, MEANINGS

METHOD: Final = f"""\
# Benchmarks

What one request costs, beside the least that it can cost and beside what is usual. This page, its chart and
`benchmarks/results/latest.json` are written by the benchmark itself:

```sh
make bench                          # everything, about a quarter of an hour
make bench ARGS="--quick"           # a look at a small data set; writes nothing here
make bench ARGS="--queries Q1,Q4 --servers ours,limit --rounds 1"
make bench ARGS="--page"            # this page and the chart anew, from the last results
```

The data are those of `infocus seed large`: 20,000 users in 5,000 families, 20,000 titles, 1,000,000
entries, in a PostgreSQL of the benchmark's own. It is kept in `.build/bench`: new migrations are applied to
it, and it is made anew when an old migration or the code that makes the data has changed. Each server is one
process on one CPU; PostgreSQL and the client share another one. Before anything is measured, answers of
every server are compared with those of plain SQL.

| Server | |
|---|---|
| {TITLES["limit"]} | The limit: one statement for each operation, asyncpg, no checks, no sign-in. |
| {TITLES["ours"]} | `infocus serve`, one worker, production settings; viewers are signed in. |
| {TITLES["loaders"]} | The same with the planner switched off: the cost of what can't be planned. |
| {TITLES["stock"]} | Types, resolvers, a DataLoader for each relation, no sign-in. |

| Query | |
|---|---|
{chr(10).join(f"| {query} | {meaning} |" for query, meaning in MEANINGS.items())}

M1 is `updateWatchlistEntry`, which sets status and rating of an entry that is there: the API has no mutation
that adds an entry or changes it, whichever fits. The servers that are compared do the same update.

Variables rotate through 300 fixed sets, each sent by a viewer who may see the answer; the document goes along
with every request. The load is a closed loop over connections that stay open: wrk with one thread where it is
installed (`apt-get install wrk`), otherwise a client of the benchmark's own, written in Python. That one
warms up every server, looking at every answer for its status and for errors; in the samples every status must
be 200 and the answers as long as before. CPU is the time that the server and all of PostgreSQL's processes
were on a CPU (from `/proc`), divided by the number of requests. All servers take turns within each round;
figures are medians over the rounds. Don't read differences under 10 %.

The client shares its CPU with PostgreSQL: where a server is fast, *requests per second and latencies tell of
that CPU, not of the server's*; compare the CPU figures. wrk corrects its percentiles for what a closed loop
doesn't see: one long pause counts as several late answers. The own client doesn't. What is under way when wrk
stops has cost CPU and isn't counted, so slow servers get longer samples; up to 5 % of their figures remain.
The two slow servers are measured at 16 connections alone.
"""
_ELSEWHERE: Final = """
## Other servers

*Measured separately, same data, same method, another run*: other servers' CPU for one request (their own and
PostgreSQL's, at 16 connections), as multiples of the limit in that run. One process each, no sign-in, no
checks, on PostgreSQL 15; M1 is an upsert there. They are no part of `make bench`.

"""


def other_servers() -> str:
    """The table of servers that were measured elsewhere."""
    rows = [[peer, *(f"{multiple(peer, query):.1f}" for query in COMPARISONS)] for peer in PEERS]
    return _ELSEWHERE + table(["as a multiple of the limit", *COMPARISONS], rows)
