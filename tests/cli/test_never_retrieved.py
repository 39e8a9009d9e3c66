"""Under load and failures, a server never logs "exception was never retrieved"."""

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest_asyncio

from infocus_graphql.app import make_services
from infocus_graphql.settings import Environment, Settings
from tests.support.factories import Factories
from tests.support.process import KEYS
from tests.support.raw_http import Wire
from tests.support.server import Server

from .conftest import Start

SECONDS = 8.0
CLIENTS = 12
COMPLAINTS = ("never retrieved", "was destroyed but it is pending", "never awaited")
VARIABLES = {
    "INFOCUS_JWT_KEYS": KEYS,
    "INFOCUS_ENV": "test",
    "INFOCUS_ARGON2_MEMORY_KIB": "8",
    "INFOCUS_ARGON2_TIME_COST": "1",
    "INFOCUS_RATE_LIMITS": "database",
    "INFOCUS_RATE_ANONYMOUS": "1000000/m",
    "INFOCUS_RATE_USER": "1000000/m",
    "INFOCUS_RATE_SIGN_IN": "1000000/m",
    "INFOCUS_RATE_ACCOUNT_SIGN_IN": "1000000/m",
    "INFOCUS_POOL_SIZE": "3",
    "INFOCUS_POOL_TIMEOUT_SECONDS": "0.2",
    "INFOCUS_STATEMENT_TIMEOUT_MS": "200",
    "INFOCUS_LOCK_TIMEOUT_MS": "100",
    "INFOCUS_SHUTDOWN_SECONDS": "0",
}
SIGN_IN = """
mutation ($email: String!) {
  signIn(input: {email: $email, password: "a passphrase", useCookie: false}) {
    accessToken errors { code }
  }
}
"""
# Planned; by loaders, since introspection isn't planned; a single-statement mutation; one in a transaction.
OPERATIONS = (
    "{ viewer { email user { name } watchlist(first: 5) { totalCount nodes { id } } } }",
    '{ __type(name: "User") { name } viewer { email auditLog(first: 2) { nodes { id } } } '
    "discoverMedia(first: 2) { totalCount nodes { id title streamingProviders { provider } } } }",
    'mutation { updateProfile(input: {bio: "On fire."}) { errors { code } viewer { email } } }',
    'mutation { createFamily(input: {name: "The Fires"}) { errors { code } family { id members(first: 2) { '
    "nodes { id user { id } } } } } }",
)


@pytest_asyncio.fixture
async def database(server: Server, template: str) -> AsyncIterator[str]:
    """A database of this test, with one user."""
    url = await server.create_database(template)
    settings = Settings(_env_file=None, env=Environment.TEST, argon2_memory_kib=8, argon2_time_cost=1)
    services = make_services(settings, url)
    await Factories(services).user(email="ann@example.org")
    await services.database.dispose()
    services.passwords.close()
    yield url
    await server.drop_database(url)


async def test_a_server_under_load_retrieves_every_exception(
    server: Server, database: str, start: Start
) -> None:
    async with Wire.to(database) as (through, wire):
        running = await asyncio.to_thread(
            start, "serve", "--port", "0", "--with-worker", **VARIABLES, INFOCUS_DATABASE_URL=through
        )
        port = urlsplit(await asyncio.to_thread(running.url)).port or 0
        token = await signed_in(port)
        ends = asyncio.get_running_loop().time() + SECONDS
        killer, locker = await server.connect(database), await server.connect(database)
        answered = await asyncio.gather(
            *(client(port, token, ends, seed) for seed in range(CLIENTS)),
            killing(killer, ends, spared=locker.get_server_pid()),
            locking(locker, ends),
            cutting(wire, ends),
        )
        # The shutdown begins while requests run, without time to complete them.
        last = [asyncio.create_task(client(port, token, ends + 5, seed, patient=True)) for seed in range(4)]
        await asyncio.sleep(0.3)
        assert await asyncio.to_thread(running.end, signal.SIGTERM) == 0
        await asyncio.gather(*last)
    assert sum(answered[:CLIENTS]) > CLIENTS  # some requests succeeded
    for complaint in COMPLAINTS:
        assert complaint not in running.text, running.text[-8000:]


async def signed_in(port: int) -> str:
    """Signs in and returns an access token."""
    body = await ask(port, {"query": SIGN_IN, "variables": {"email": "ann@example.org"}}, "", 30)
    found: Any = json.loads(body.partition(b"\r\n\r\n")[2])
    return str(found["data"]["signIn"]["accessToken"])


async def client(port: int, token: str, ends: float, seed: int, *, patient: bool = False) -> int:
    """Sends operations and disconnects during most of them. Returns the number of responses."""
    chance, answered = random.Random(seed), 0
    while asyncio.get_running_loop().time() < ends:
        body: dict[str, Any] = {"query": chance.choice(OPERATIONS)}
        if chance.random() < 0.1:
            body = {"query": SIGN_IN, "variables": {"email": "ann@example.org"}}
        patience = 2.0 if patient or chance.random() < 0.3 else chance.random() * 0.03
        try:
            response = await ask(port, body, token, patience)
            assert b"GRAPHQL_VALIDATION_FAILED" not in response, response
            answered += bool(response)
        except ConnectionRefusedError:
            return answered
        except (OSError, TimeoutError):
            pass
        await asyncio.sleep(0.005)
    return answered


async def ask(port: int, body: dict[str, Any], token: str, patience: float) -> bytes:
    """Returns the response, or nothing after `patience` seconds."""
    content = json.dumps(body).encode()
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{bearer}"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode() + content)
        async with asyncio.timeout(patience):
            return await reader.read()
    finally:
        writer.close()


async def killing(connection: asyncpg.Connection, ends: float, spared: int) -> int:
    """Terminates all connections of the server from time to time."""
    while asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(0.35)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), $1)",
            spared,
        )
    await connection.close()
    return 0


async def locking(connection: asyncpg.Connection, ends: float) -> int:
    """Makes statements wait for locks until they time out."""
    while asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(0.5)
        async with connection.transaction():
            await connection.execute("LOCK TABLE users, families, profiles IN ACCESS EXCLUSIVE MODE")
            await asyncio.sleep(0.4)
    await connection.close()
    return 0


async def cutting(wire: Wire, ends: float) -> int:
    """Makes connections half-open."""
    while asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(1.7)
        wire.goes_dead()
    return 0
