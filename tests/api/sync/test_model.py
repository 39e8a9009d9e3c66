"""Copies that are kept by `Viewer.changes` alone equal a fresh read, whatever happens in between."""

import asyncio
import os
import random
import secrets

import asyncpg
import pytest

from infocus_graphql.domains.sync import cursors
from tests.api.sync.random_writes import RandomWrites
from tests.api.sync.replica import Replica
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

# Deterministic and short, but for `make fuzz`.
STEPS = 10_000 if os.environ.get("FUZZ_SECONDS") else int(os.environ.get("SYNC_STEPS", "300"))
SEED = secrets.randbits(32) if os.environ.get("FUZZ_SECONDS") else int(os.environ.get("SYNC_SEED", "1"))


async def test_copies_equal_a_fresh_read(  # noqa: C901 - a loop over the kinds of steps
    server: Server, database_url: str, api: Api, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursors, "_SKEW", 0.0)  # everything here has one clock
    users = [await make.user(name) for name in ("Ann", "Ben", "Cay", "Dan", "Eve")]
    for owner, *others in (users[:3], users[1:3], users[3:]):
        await make.family(owner, *others)
    for _ in range(6):
        await make.entry(users[0])
    connections: list[asyncpg.Connection] = [await server.connect(database_url) for _ in range(4)]
    for connection in connections:
        await connection.execute("SET lock_timeout = '5ms'")
    viewers = users[:3]
    writes = RandomWrites(connections[:3], [each.id for each in viewers], SEED)
    chance = random.Random(SEED)
    replicas = [Replica(api.as_(each)) for each in viewers]
    compared = 0
    try:
        for _ in range(STEPS):
            await writes.step()
            kind, replica = chance.random(), chance.choice(replicas)
            if kind < 0.15:
                await replica.read_page(chance.choice([1, 2, 5, 20]))
            elif kind < 0.20:

                async def write_on() -> None:
                    for _ in range(5):
                        await writes.step(on=connections[3])

                await asyncio.gather(write_on(), replica.catch_up(chance))
            elif kind < 0.24:
                await replica.catch_up(chance)
                await replica.compare(await writes.ids())
                compared += 1
        await writes.commit_all()
        for replica in replicas:
            await replica.catch_up()
            await replica.compare(await writes.ids())
    except BaseException as error:
        error.add_note(f"SYNC_SEED={SEED} SYNC_STEPS={STEPS}")
        raise
    finally:
        for connection in connections:
            await connection.close()
    assert compared >= STEPS // 50
    assert [replica.resets for replica in replicas] == [1, 1, 1]
