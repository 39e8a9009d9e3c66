"""Plans and loaders return identical bytes for random operations, including errors and paths."""

import os
import secrets
from time import monotonic

import orjson
import pytest

from tests.plan.engines import Engines
from tests.plan.operation_generator import Author
from tests.plan.operations import Operation

SEEDS = 6
OPERATIONS = int(os.environ.get("FUZZ_OPERATIONS", "25"))  # per seed; deterministic
SECONDS = float(os.environ.get("FUZZ_SECONDS") or "0")  # instead of a number of operations; with new seeds


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_plans_and_loaders_return_the_same_results(engines: Engines, seed: int) -> None:
    found = await explore(engines, secrets.randbits(32) if SECONDS else seed)
    assert not found, "\n\n".join(found)


async def explore(engines: Engines, seed: int) -> list[str]:
    """Runs the operations of a seed and returns a regression test for each difference."""
    author, started = Author(seed, engines.world.ids), monotonic()
    viewers = [viewer for name, viewer in engines.world.viewers.items() if name != "expired"] * 8
    viewers.append(engines.world.viewers["expired"])
    done = planned = 0
    fallbacks = engines.planner.fallbacks
    found: dict[str, str] = {}
    while monotonic() - started < SECONDS / SEEDS * 2 if SECONDS else done < OPERATIONS:
        operation, viewer = author.operation(), author.random.choice(viewers)
        both = await engines.both(operation.query, operation.variables, viewer)
        done, planned = done + 1, planned + both.planned
        if both.same:
            author.learn(operation, orjson.loads(both.loaders).get("data") or {})
            continue
        operation = await engines.smallest(operation, viewer)
        both = await engines.both(operation.query, operation.variables, viewer)
        name = next(name for name, each in engines.world.viewers.items() if each == viewer)
        found[operation.query] = as_test(operation, name, both.plans, both.loaders)
        if len(found) == 5:
            break
    if not found:
        # The other operations have fields without SQL or invalid arguments, so the loaders resolve them.
        fallbacks = engines.planner.fallbacks - fallbacks
        assert planned > done * 0.5 > fallbacks * 2, (
            f"{planned} of {done} were planned, {fallbacks} fell back"
        )
    return list(found.values())


def as_test(operation: Operation, viewer: str, plans: bytes, loaders: bytes) -> str:
    """Returns the code of a regression test, except for its name."""
    return f'''
async def test_NAME(engines: Engines) -> None:
    query = """{operation.query}"""
    await engines.planned(query, {viewer!r}, **{operation.variables!r})
    # plans:   {plans[:400]!r}
    # loaders: {loaders[:400]!r}
'''
