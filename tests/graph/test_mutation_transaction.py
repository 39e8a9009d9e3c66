"""The one transaction of a mutation: what is committed, what is rolled back, and what authors can't do."""

from typing import Any

import pytest
from sqlalchemy import select, text

from infocus_graphql.core.errors import ErrorCode, Refused, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.transaction import guarded
from tests.support.factories import Factories


async def rename(work: UnitOfWork, viewer: Viewer, *, name: str) -> str:
    await work.session.execute(text("UPDATE users SET name = :name"), {"name": name})
    return name


async def names(unit: ReadUnit, viewer: Viewer) -> list[Any]:
    return list(await unit.scalars(select(User.name)))


async def only_ann(unit: ReadUnit, viewer: Viewer) -> None:
    """A guard."""
    if await names(unit, viewer) != ["Ann"]:
        raise refused(ErrorCode.FORBIDDEN, "Ann only.")


@pytest.fixture
async def context(services: Services, make: Factories) -> Context:
    return Context(services, Viewer((await make.user("Ann")).id))


async def test_a_raised_refusal_rolls_back_and_a_returned_one_commits(context: Context) -> None:
    ran: list[str] = []

    async def raises() -> str:
        await context.transaction(rename, name="raised")
        context.after_commit(lambda: ran.append("raised"))
        raise refused(ErrorCode.INVALID, "No.")

    async def returns() -> str | Refused:
        await context.transaction(rename, name="returned")
        context.after_commit(lambda: ran.append("returned"))
        assert ran == []
        return refused(ErrorCode.INVALID, "No.")

    for mutation, name in ((raises, "Ann"), (returns, "returned")):
        with pytest.raises(Refused):
            await context.mutate(mutation)
        assert await context.read(names) == [name]
    assert ran == ["returned"]
    await context.close()


async def test_a_mutation_has_one_transaction_and_reads_before_it(context: Context) -> None:
    async def twice() -> str:
        await context.transaction(rename, name="one")
        return await context.transaction(rename, name="two")

    async def reads_late() -> list[Any]:
        await context.transaction(rename, name="late")
        return await context.read(names)

    for mutation in (twice, reads_late):
        with pytest.raises(RuntimeError, match="a mutation"):
            await context.mutate(mutation)
        assert await context.read(names) == ["Ann"]
    with pytest.raises(RuntimeError, match="no mutation"):
        context.after_commit(lambda: None)
    await context.close()


async def test_guards_run_in_the_transaction_and_before_it(context: Context) -> None:
    await context.read(only_ann)
    assert await context.transaction(guarded(rename, only_ann), name="Bea") == "Bea"
    with pytest.raises(Refused):
        await context.transaction(guarded(rename, only_ann), name="Cat")
    assert await context.read(names) == ["Bea"]
    await context.close()


async def test_a_read_can_not_write(context: Context) -> None:
    async def write(unit: ReadUnit, viewer: Viewer) -> None:
        await unit.execute(text("UPDATE users SET name = 'x'"))

    with pytest.raises(Exception, match="read-only transaction"):
        await context.read(write)
    with pytest.raises(Exception, match="read-only transaction"):
        await context.services.database.read(write, context.viewer)
    await context.close()
