"""Each event becomes a notification once, whatever happens to the workers."""

import asyncio
import signal
import sys

from infocus_graphql.background import connector
from infocus_graphql.domains.deliveries.planning import plan_deliveries
from infocus_graphql.domains.notifications.consuming import NotificationConsumer, consume, relay
from infocus_graphql.graph.context import Services
from infocus_graphql.jobs.worker import Worker, running
from infocus_graphql.settings import Settings
from tests.support.crashes import crashing
from tests.support.factories import Factories
from tests.support.notifying import notify
from tests.support.server import Server

COUNTS = "SELECT coalesce(sum(count), 0)::int AS events, count(*)::int AS notifications FROM notifications"


async def test_a_crash_at_any_statement_neither_loses_nor_repeats_an_event(
    make: Factories, services: Services, server: Server, database_url: str
) -> None:
    ann, maya = await make.user("Ann"), await make.user("Maya")
    await make.family(ann, maya)
    database = await server.connect(database_url)
    await notify(services)
    await database.execute("DELETE FROM notifications")
    added = 0
    for before in range(1, 20):
        await make.entry(maya)
        added += 1
        await services.database.transaction(relay)
        with crashing(services.database, before=before) as crash:
            try:
                await services.database.transaction(consume, deliver=plan_deliveries)
            except Exception:
                assert crash.happened
        assert (await database.fetchrow(COUNTS))["events"] in (added - 1, added)
        await notify(services)
        assert tuple(await database.fetchrow(COUNTS)) == (added, 1)
        if not crash.happened:
            break
    assert not crash.happened and added > 4
    await database.close()


async def test_a_killed_worker_and_two_workers_at_once(
    make: Factories, services: Services, settings: Settings, server: Server, database_url: str
) -> None:
    ann, maya = await make.user("Ann"), await make.user("Maya")
    await make.family(ann, maya)
    database = await server.connect(database_url)
    await notify(services)
    await database.execute("DELETE FROM notifications")

    # A worker is killed after it has stored the notifications, before it commits.
    await database.execute(
        "CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_advisory_lock(4711); RETURN NEW; END $$"
    )
    await database.execute(
        "CREATE TRIGGER hang BEFORE UPDATE ON notification_position FOR EACH ROW EXECUTE FUNCTION hang()"
    )
    await database.execute("SELECT pg_advisory_lock(4711)")
    program = (sys.executable, "-m", "tests.api.notifications.doomed", database_url)
    doomed = await asyncio.create_subprocess_exec(*program)
    for _ in range(3):
        await make.entry(maya)
    waiting = """SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"""
    async with asyncio.timeout(20):
        while not await database.fetchval(waiting):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)
    doomed.send_signal(signal.SIGKILL)
    await doomed.wait()
    assert tuple(await database.fetchrow(COUNTS)) == (0, 0)
    await database.execute("SELECT pg_advisory_unlock(4711)")
    await database.execute("DROP TRIGGER hang ON notification_position")

    # Two workers continue, while more is added.
    def worker() -> Worker:
        connect = connector(database_url, settings)
        consumer = NotificationConsumer(services.database, plan_deliveries)
        return Worker(services.database, connect, {}, companions=(consumer,))

    async with running(worker()), running(worker()):
        for _ in range(9):
            await make.entry(maya)
        async with asyncio.timeout(10):
            while (await database.fetchrow(COUNTS))["events"] < 12:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
    assert tuple(await database.fetchrow(COUNTS)) == (12, 1)
    await database.close()
