"""Measures the CPU time of rejected attacks, and how soon other servers know of a sign-out: `make attacks`.

Starts one worker with production settings but without rate limits. Each attack is sent repeatedly, slightly
varied so that nothing is cached, and must be rejected with its code within fifty milliseconds of CPU.
Then it measures how soon two servers on one database reject tokens after a sign-out on the other.
"""

import asyncio
import gzip
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.flood import PASSWORD, SIGN_IN, account
from tests.graph.limits.hostile import DOCUMENTS, PARSE
from tests.support.measuring import exit_status
from tests.support.process import JSON, Line, Process, in_production, serving
from tests.support.server import TEMPLATE, Server

TIMES: Final = 15
CPU_MILLISECONDS: Final = 50.0
SLOW: Final = 50
SIGN_OUTS: Final = 40
SIGN_OUT_SECONDS: Final = 1.0
ROOM: Final = 262_144  # maximum bytes of a request body
ME: Final = "{ viewer { email } }"


@dataclass(frozen=True)
class Attack:
    """An expensive request. `body` returns a different one with the same effect for each number."""

    code: str
    body: Callable[[int], bytes]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON


def operation(query: str, **variables: Any) -> Callable[[int], bytes]:
    """A body with this operation, made unique by blanks."""
    return lambda number: json.dumps({"query": query + " " * number, "variables": variables}).encode()


def text(shape: str, filling: str) -> Callable[[int], bytes]:
    """A body of the maximum size: `shape` with `filling` repeated in place of `*`."""
    return lambda number: (
        shape.replace("*", filling * ((ROOM - len(shape) - 40) // len(filling))).encode() + (b" " * number)
    )


GENRES: Final = "query ($g: [String!]) { discoverMedia(filter: {genres: $g}) { totalCount } }"
NODES: Final = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
FAMILY: Final = "query ($id: ID!) { family(id: $id) { name } }"
AFTER: Final = "query ($after: String) { discoverMedia(first: 1, after: $after) { totalCount } }"
PAGES: Final = (
    "query ($n: Int) { discoverMedia(first: $n) { nodes { entries(first: $n) { nodes { id } } } } }"
)
BAD, INPUT, COST = "BAD_REQUEST", "BAD_USER_INPUT", "COST_LIMIT_EXCEEDED"
LONG, HEADERS = "CHARACTER_LIMIT_EXCEEDED", "HEADERS_TOO_LARGE"

ATTACKS: Final[dict[str, Attack]] = {
    **{
        name: Attack(code, operation(document))
        for name, (document, code) in DOCUMENTS.items()
        if code is not None
    },
    "pages in pages": Attack(COST, operation(PAGES, n=100)),
    "a list of 4,400 ids": Attack(INPUT, operation(NODES, ids=["us" + "0" * 5] * 4_400)),
    "a body of 8 MB": Attack("PAYLOAD_TOO_LARGE", lambda _: b" " * 8_000_000, 413),
    "a compressed body": Attack(
        "UNSUPPORTED_MEDIA_TYPE", lambda _: gzip.compress(b" " * 10**7), 415, {"Content-Encoding": "gzip"}
    ),
    "a form of another site": Attack(
        "UNSUPPORTED_MEDIA_TYPE", lambda _: b"query=" + b"a" * 200_000, 415, {}, "text/plain"
    ),
    "brackets in brackets": Attack(BAD, text("*", "["), 400),
    "objects in objects": Attack(BAD, text("*", '{"a":'), 400),
    "a whole number of 260,000 digits": Attack(BAD, text('{"query": *}', "9"), 400),
    "a fraction of 260,000 digits": Attack(BAD, text('{"query": 0.*}', "9"), 400),
    "exponents": Attack(BAD, text('{"query": [*1]}', "1e400,"), 400),
    "NaN": Attack(BAD, text('{"query": [*1]}', "NaN,"), 400),
    "a name many times": Attack(BAD, text('{*"b": 1}', '"a":1,'), 400),
    "a name several thousand times": Attack(BAD, lambda _: b"{" + b'"a":1,' * 4_400 + b'"b": 1}', 400),
    "small numbers": Attack(BAD, text('{"query": [*1]}', "1,"), 400),
    "empty objects": Attack(BAD, text('{"query": [*1]}', "{},"), 400),
    "as many numbers as may be": Attack(BAD, lambda _: b'{"query": [' + b"1," * 4_900 + b"1] }", 400),
    "a list of operations": Attack("BATCHING_NOT_SUPPORTED", lambda _: b'[{"query": "{a}"}]', 400),
    "thousands of operations": Attack(BAD, text("[*{}]", '{"query":"{a}"},'), 400),
    "bytes that are not UTF-8": Attack(BAD, lambda _: b'{"query": "' + b"\xff" * 260_000 + b'"}', 400),
    "escapes": Attack(PARSE, text('{"query": "*"}', "\\u00e9")),
    "half surrogate pairs": Attack(BAD, text('{"query": "*"}', "\\ud800"), 400),
    "NUL in thousands of variables": Attack(INPUT, operation("{ __typename }", a=["\0"] * 4_900)),
    "a document of blanks": Attack(LONG, text('{"query": "*}"}', " ")),
    "a document of one text": Attack(LONG, text('{"query": "{ a(b: \\"*"}', "a")),
    "blanks, as many as may be": Attack(
        PARSE, lambda number: b'{"query": "' + b" " * (44_900 + number) + b'}"}'
    ),
    "a text as long as may be": Attack(
        PARSE, lambda number: b'{"query": "{ a(b: \\"' + b"a" * (44_900 + number) + b'"}'
    ),
    "an unknown hash": Attack(
        "PERSISTED_QUERY_NOT_FOUND",
        lambda number: json.dumps(
            {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": f"{number:064x}"}}}
        ).encode(),
    ),
    "a list of 60,000 values": Attack(BAD, operation(GENRES, g=[1] * 60_000), 400),
    "a list of 4,900 wrong values": Attack(INPUT, operation(GENRES, g=[1] * 4_900)),
    "an object of 4,400 unknown fields": Attack(
        INPUT,
        operation(
            "query ($f: MediaItemFilter) { discoverMedia(filter: $f) { totalCount } }",
            f={f"a{number}": number for number in range(4_400)},
        ),
    ),
    "an id of 250,000 letters": Attack("", operation(FAMILY, id="fa" + "a" * 250_000)),
    "a cursor of 250,000 letters": Attack(INPUT, operation(AFTER, after="a" * 250_000)),
    "a password of 250,000 letters": Attack(
        "INVALID_CREDENTIALS", operation(SIGN_IN, email="a@example.com", password="é" * 40_000)
    ),
    "an address of 250,000 letters": Attack(
        "INVALID_CREDENTIALS", operation(SIGN_IN, email="a" * 250_000 + "@example.com", password="a")
    ),
    "a token of 30,000 letters": Attack(
        "UNAUTHENTICATED", operation(ME), 200, {"Authorization": "Bearer " + "a." * 15_000}
    ),
    "headers of 60,000 letters": Attack(HEADERS, operation(ME), 431, {"Authorization": "a" * 60_000}),
    "thousands of headers": Attack(
        HEADERS, operation(ME), 431, {f"a{number}": "b" for number in range(4_000)}
    ),
    "an unsigned token": Attack(
        "UNAUTHENTICATED", operation(ME), 200, {"Authorization": "Bearer " + "eyJhbGciOiJub25lIn0." * 3}
    ),
}


POST: Final = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BEGUN: Final = {
    "headers that do not end": POST,
    "a body that does not come": POST + b"Content-Length: 200\r\n\r\n{",
}


async def cost_of(process: Process, attack: Attack) -> tuple[float, str]:
    """The CPU time of an attack in milliseconds, and what is wrong with its response, if anything."""
    wrong = ""
    bodies = [attack.body(number) for number in range(TIMES)]
    began = process.cpu()
    for body in bodies:
        async with await process.line() as line:
            reply = await line.send(body, attack.headers, content_type=attack.content_type)
        if reply.status != attack.status or attack.code not in (reply.codes or {""}):
            wrong = f"{reply.status} {sorted(reply.codes)} {reply.body[:80]!r}"
    return (process.cpu() - began) / TIMES * 1000, wrong


async def attacked(process: Process) -> bool:
    """Sends all attacks and prints their CPU time; returns whether all are within the limit."""
    async with await process.line() as line:
        for number in range(50):
            await line.ask("{ serverInfo { version } }" + " " * number)
    good = True
    for name, attack in ATTACKS.items():
        milliseconds, wrong = await cost_of(process, attack)
        dear = milliseconds > CPU_MILLISECONDS
        good = good and not wrong and not dear
        verdict = f"  WRONG: {wrong}" if wrong else "  TOO DEAR" if dear else ""
        print(f"{name:40} {attack.status} {attack.code:28} {milliseconds:6.1f} ms{verdict}")
    return good


async def slow(process: Process) -> bool:
    """Starts many requests and completes none; returns whether all are disconnected, and their cost."""
    good = True
    for name, begun in BEGUN.items():
        lines = [await process.line() for _ in range(SLOW)]
        began = process.cpu()
        replies = await asyncio.gather(*(line.raw(begun) for line in lines))
        ends = [await line.ended() for line in lines]
        milliseconds = (process.cpu() - began) / SLOW * 1000
        refused = all(reply.status == 408 and reply.codes == {"REQUEST_TIMEOUT"} for reply in replies)
        right = refused and all(ends) and milliseconds <= CPU_MILLISECONDS
        good = good and right
        wrong = "" if right else f"  WRONG: {[reply.status for reply in replies]}, hung up {ends}"
        print(f"{name:40} 408 {'REQUEST_TIMEOUT':28} {milliseconds:6.1f} ms{wrong}")
    return good


async def _refused(line: Line, token: str) -> bool:
    return b"UNAUTHENTICATED" in (await line.ask(ME, token)).body


async def logged_out(here: Process, there: Process, email: str) -> bool:
    """Signs out on one server and polls the other; returns whether it always knew within a second."""
    took = []
    async with await here.line() as line, await there.line() as other:
        for _ in range(SIGN_OUTS):
            reply = await line.ask(SIGN_IN, email=email, password=PASSWORD)
            token = reply.body.partition(b'"accessToken":"')[2].partition(b'"')[0].decode()
            if await _refused(other, token):
                raise RuntimeError("a good token was refused")
            await line.ask("mutation { signOut { ok } }", token)
            began = time.perf_counter()
            while not await _refused(other, token):
                pass
            took.append(time.perf_counter() - began)
    longest = max(took)
    print(
        f"{SIGN_OUTS} sign-outs were known to the other server after {median(took) * 1000:.1f} ms (median), "
        f"{longest * 1000:.1f} ms at most"
    )
    return longest < SIGN_OUT_SECONDS


async def _all(server: Server, home: Path) -> bool:
    await server.make_template()
    url = await server.create_database(TEMPLATE)
    email = await account(url, home)
    variables = in_production(url, INFOCUS_HEADER_SECONDS="1", INFOCUS_BODY_SECONDS="1")
    with serving(variables, 2) as (here, there):
        return all([await attacked(here), await slow(here), await logged_out(here, there, email)])


if __name__ == "__main__":
    sys.exit(exit_status(_all))
