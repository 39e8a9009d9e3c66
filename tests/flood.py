"""Measures the latencies of other clients during a flood of sign-ins: `make flood`.

One worker with production password hashing and no rate limits. Four clients read pages, first alone, then
while fifty connections sign in without pause. The readers' 99th percentile has to stay below a quarter of a
second.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Final

from infocus_graphql.app import make_services
from infocus_graphql.settings import Environment, Settings
from tests.support.factories import Factories
from tests.support.measuring import exit_status
from tests.support.process import Line, Process, in_production, serving
from tests.support.server import TEMPLATE, Server

READERS, SIGN_INS = 4, 50
BEFORE_SECONDS, DURING_SECONDS = 5.0, 15.0
PAUSE: Final = 0.005
P99_MILLISECONDS: Final = 250.0
PASSWORD: Final = "three seats row nine"
READ: Final = "{ viewer { email families { nodes { name } } watchlist(first: 20) { nodes { status } } } }"
SIGN_IN: Final = (
    "mutation ($email: String!, $password: String!) { signIn(input: {email: $email, password: $password, "
    "useCookie: false}) { accessToken errors { code } } }"
)


async def _sign_in(line: Line, email: str, password: str) -> str:
    reply = await line.ask(SIGN_IN, email=email, password=password)
    return "in" if b'"errors":[]' in reply.body else ",".join(sorted(reply.codes))


async def _until(end: float, action: Callable[[Line], Awaitable[None]], process: Process) -> None:
    async with await process.line() as line:
        while time.monotonic() < end:
            await action(line)


async def _read(process: Process, token: str, seconds: float) -> list[float]:
    """The latencies of the readers' requests in milliseconds."""
    took: list[float] = []

    async def read(line: Line) -> None:
        reply = await line.ask(READ, token)
        if reply.status != 200 or b'"errors"' in reply.body:
            raise RuntimeError(f"a reader got no response: {reply.body[:200]!r}")
        took.append(reply.seconds * 1000)
        await asyncio.sleep(PAUSE)

    end = time.monotonic() + seconds
    await asyncio.gather(*(_until(end, read, process) for _ in range(READERS)))
    return took


async def _flood(process: Process, email: str, seconds: float) -> dict[str, int]:
    """The results of the sign-ins: half with the right password, a quarter with unknown addresses."""
    outcomes: dict[str, int] = {}
    tries = iter(range(10**9))

    async def attack(line: Line) -> None:
        number = next(tries)
        who = f"nobody{number}@example.com" if number % 4 == 3 else email
        outcome = await _sign_in(line, who, PASSWORD if number % 2 == 0 else "none of theirs")
        outcomes[outcome] = outcomes.get(outcome, 0) + 1

    end = time.monotonic() + seconds
    await asyncio.gather(*(_until(end, attack, process) for _ in range(SIGN_INS)))
    return outcomes


def _said(name: str, took: Sequence[float]) -> float:
    """Prints the percentiles and returns the 99th."""
    parts = quantiles(took, n=100)
    figures = "  ".join(f"p{at} {parts[at - 1]:6.1f}" for at in (50, 90, 99))
    print(f"{name:7} {len(took):6,} requests: {figures}  longest {max(took):6.1f} ms")
    return parts[98]


async def measured(process: Process, email: str) -> bool:
    """Measures, prints, and returns whether the readers stay within the limit."""
    async with await process.line() as line:
        reply = await line.ask(SIGN_IN, email=email, password=PASSWORD)
    token = reply.body.partition(b'"accessToken":"')[2].partition(b'"')[0].decode()
    await _read(process, token, 1)
    _said("before", await _read(process, token, BEFORE_SECONDS))
    cpu, began = process.cpu(), time.monotonic()
    took, outcomes = await asyncio.gather(
        _read(process, token, DURING_SECONDS), _flood(process, email, DURING_SECONDS)
    )
    seconds = time.monotonic() - began
    p99 = _said("during", took)
    done = sum(outcomes.values())
    print(
        f"{SIGN_INS} connections signed in {done / seconds:.0f} times a second ({outcomes}); "
        f"the server used {(process.cpu() - cpu) / seconds:.2f} CPUs"
    )
    return p99 <= P99_MILLISECONDS


async def account(database_url: str, home: Path) -> str:
    """The address of an account."""
    settings = Settings(_env_file=None, env=Environment.TEST, data_dir=home)
    services = make_services(settings, database_url)
    user = await Factories(services).user("Ann", password=PASSWORD)
    await services.database.dispose()
    services.passwords.close()
    return user.email


async def _all(server: Server, home: Path) -> bool:
    await server.make_template()
    url = await server.create_database(TEMPLATE)
    email = await account(url, home)
    with serving(in_production(url)) as (process,):
        return await measured(process, email)


if __name__ == "__main__":
    sys.exit(exit_status(_all))
