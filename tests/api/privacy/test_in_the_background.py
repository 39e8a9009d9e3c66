"""Exports and deletions by a real worker, with the application's minimal database rights."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest

from infocus_graphql.background import connector, handlers
from infocus_graphql.domains.privacy.writes import erasure
from infocus_graphql.graph.context import Services
from infocus_graphql.jobs.worker import Worker, WorkerTiming, running
from infocus_graphql.settings import Settings
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post
from tests.support.server import Server

from .conftest import exports_of, fetched

QUICK = WorkerTiming(lease=timedelta(seconds=1), poll=timedelta(seconds=0.1), grace=timedelta(seconds=0.2))
EVENT = """
INSERT INTO audit_events (id, action, actor_id, target_user_id, device)
VALUES ($1, 'signed_in', $2, $2, 'Phone')
"""


async def until(question: Callable[[], Awaitable[bool]]) -> None:
    """Polls until the condition is true."""
    async with asyncio.timeout(10):
        while not await question():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.05)


async def test_a_worker_creates_the_export_and_deletes_the_account(
    api: Api,
    make: Factories,
    post: Post,
    services: Services,
    settings: Settings,
    server: Server,
    database_url: str,
) -> None:
    ann = await make.user(password="three seats row nine")
    client = api.as_(ann)
    database = await server.connect(database_url)

    async def ready() -> bool:
        found: int = await database.fetchval("SELECT count(*) FROM data_exports WHERE status = 'succeeded'")
        return found == 1

    async def gone() -> bool:
        found: int = await database.fetchval("SELECT count(*) FROM users")
        return found == 0

    async def idle() -> bool:
        found: int = await database.fetchval("SELECT count(*) FROM pgqueuer")
        return found == 0

    connect = connector(database_url, settings)
    work = handlers(settings, services.database, post)
    async with running(Worker(services.database, connect, work, pace=QUICK)):
        await client.change("requestDataExport", {})
        await until(ready)
        (export,) = await exports_of(client)
        assert (await fetched(client, export["downloadUrl"])).status_code == 200
        await client.change("requestAccountDeletion", {"password": "three seats row nine"})
        await database.execute("UPDATE account_deletions SET scheduled_at = now()")
        await services.database.transaction(erasure.enqueue_due_deletions)
        await until(gone)
        await until(idle)
    assert [mail.subject for mail in post.sent] == [
        "The copy of your data is ready",
        "Your account will be deleted",
        "Your account was deleted",
    ]
    assert (await fetched(client, export["downloadUrl"])).status_code == 404
    await database.close()


async def test_events_of_an_existing_account_can_not_be_anonymised(
    make: Factories, server: Server, database_url: str
) -> None:
    ann = await make.user()
    database = await server.connect(database_url)
    await database.execute(EVENT, "ae1", ann.id)
    await database.execute(EVENT, "ae2", "us-of-others")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="there is an account"):
        await database.fetchval("SELECT anonymise_audit_events($1)", ann.id)
    assert await database.fetchval("SELECT count(actor_id) FROM audit_events") == 2
    await database.execute("DELETE FROM users")
    assert await database.fetchval("SELECT anonymise_audit_events($1)", ann.id) == 1
    rows = await database.fetch("SELECT id, actor_id, target_user_id, device FROM audit_events ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("ae1", None, None, None),
        ("ae2", "us-of-others", "us-of-others", "Phone"),
    ]
    await database.close()


async def test_a_role_without_update_rights_can_anonymise_events(server: Server, database_url: str) -> None:
    database = await server.connect(database_url)
    await database.execute(EVENT, "ae1", "us-gone")
    await database.execute("CREATE ROLE infocus_erasure_test")
    try:
        await database.execute("GRANT SELECT ON audit_events TO infocus_erasure_test")
        await database.execute("SET ROLE infocus_erasure_test")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await database.execute(
                "SET infocus.anonymising_audit = 'on'; UPDATE audit_events SET device = ''"
            )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for function"):
            await database.execute("SELECT anonymise_audit_events('us-gone')")
        await database.execute(
            "RESET ROLE; GRANT EXECUTE ON FUNCTION anonymise_audit_events TO infocus_erasure_test"
        )
        await database.execute("SET ROLE infocus_erasure_test; CREATE TEMP TABLE users (id text)")
        assert await database.fetchval("SELECT anonymise_audit_events('us-gone')") == 1
    finally:
        await database.execute("RESET ROLE")
        await database.execute("DROP OWNED BY infocus_erasure_test; DROP ROLE infocus_erasure_test")
        await database.close()
