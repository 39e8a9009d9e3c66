"""delete_batch: batch size, locked rows, and composite keys."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.idempotency.models import IdempotencyRecord
from infocus_graphql.domains.identity.sessions.models import revoked_sessions
from infocus_graphql.domains.persisted_documents.models import PersistedDocument
from infocus_graphql.graph.context import Services
from tests.support.factories import Factories

OLD = now() - timedelta(days=400)


async def digests(work: UnitOfWork) -> set[str]:
    return set(await work.session.scalars(select(PersistedDocument.digest)))


async def add_documents(work: UnitOfWork) -> None:
    for letter in "abcde":
        at = OLD if letter < "e" else now()
        work.session.add(PersistedDocument(digest=letter * 64, document="{ a }", used_at=at))


async def purge_old(work: UnitOfWork, limit: int) -> bool:
    return await delete_batch(work, PersistedDocument, PersistedDocument.used_at <= OLD, limit=limit)


async def test_a_batch_is_limited_and_skips_recent_and_locked_rows(services: Services) -> None:
    database = services.database
    await database.transaction(add_documents)
    locked, done = asyncio.Event(), asyncio.Event()

    async def hold(work: UnitOfWork) -> None:
        held = select(PersistedDocument).where(PersistedDocument.digest == "a" * 64).with_for_update()
        assert await work.session.scalar(held)
        locked.set()
        await done.wait()

    holding = asyncio.create_task(database.transaction(hold))
    await locked.wait()
    assert await database.transaction(purge_old, 2) is True
    assert len(await database.transaction(digests)) == 3
    assert await database.transaction(purge_old, 2) is False, "one row is left, and it is locked"
    assert await database.transaction(digests) == {"a" * 64, "e" * 64}
    done.set()
    await holding
    assert await database.transaction(purge_old, 2) is False
    assert await database.transaction(digests) == {"e" * 64}


async def test_composite_keys_and_plain_tables_work(services: Services, make: Factories) -> None:
    user = (await make.user()).id

    async def add(work: UnitOfWork) -> None:
        for number in range(3):
            work.session.add(
                IdempotencyRecord(user_id=user, operation="x", key=str(number), fingerprint="f", claim="c")
            )
            await work.session.execute(
                revoked_sessions.insert().values(session_id=f"se{number}", revoked_at=OLD)
            )

    async def purge_both(work: UnitOfWork) -> list[bool]:
        record = IdempotencyRecord.user_id == user
        return [
            await delete_batch(work, IdempotencyRecord, record, limit=2),
            await delete_batch(work, revoked_sessions, revoked_sessions.c.revoked_at < now(), limit=2),
        ]

    database = services.database
    await database.transaction(add)
    assert [await database.transaction(purge_both) for _ in range(2)] == [[True, True], [False, False]]
