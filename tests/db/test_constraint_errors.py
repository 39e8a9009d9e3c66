"""Every constraint violation is converted to the error that its table declares."""

import pytest
from sqlalchemy import ForeignKeyConstraint, text
from sqlalchemy.exc import IntegrityError

from infocus_graphql.core.errors import ErrorCode, Refused
from infocus_graphql.db.constraint_errors import declared_meanings
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.graph.context import Services
from infocus_graphql.tables import metadata
from tests.sample_rows import ROWS, run
from tests.test_table_rules import REFUSED, again


async def violate(database: Database, statement: str) -> tuple[ErrorCode, tuple[str, ...]]:
    """Runs a statement in a use case that must fail. Returns the error's code and path."""

    async def use_case(work: UnitOfWork) -> None:
        await work.session.execute(text(statement))

    with pytest.raises(Refused) as error:
        await database.transaction(use_case)
    (refusal,) = error.value.refusals
    return refusal.code, refusal.path


async def test_each_violated_constraint_raises_its_declared_error(
    services: Services, database_url: str
) -> None:
    await run(database_url, ROWS)
    declared = declared_meanings()
    tried = {name: each for name, each in REFUSED.items() if name.startswith(("uq_", "ck_"))}
    tried["family_has_owner"] = "DELETE FROM family_memberships"  # raised by a trigger, at the commit
    assert set(declared) == set(tried), "each declares what it means, and each is tried"
    for name, statement in sorted(tried.items()):
        assert await violate(services.database, statement) == declared[name], name


async def test_foreign_key_violations_are_in_use_or_not_found(services: Services, database_url: str) -> None:
    await run(database_url, ROWS)
    for name, statement in REFUSED.items():
        if name.startswith("fk_"):
            assert await violate(services.database, statement) == (ErrorCode.IN_USE, ())
    keys = [
        (table.name, column.name)
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
        for column in constraint.columns
    ]
    for table, column in keys:
        # Only one row, because two must not become equal.
        one = f"ctid = (SELECT min(ctid) FROM {table})"
        statement = f"UPDATE {table} SET {column} = 'nobody' WHERE {one}"
        assert await violate(services.database, statement) == (ErrorCode.NOT_FOUND, ()), column
    statement = again("profiles", user_id="'nobody'")
    assert await violate(services.database, statement) == (ErrorCode.NOT_FOUND, ())


async def test_an_undeclared_violation_stays_an_internal_error(services: Services) -> None:
    async def use_case(work: UnitOfWork) -> None:
        await work.session.execute(text("INSERT INTO users (id, email) VALUES ('us1', 'a@x.org')"))

    with pytest.raises(IntegrityError):
        await services.database.transaction(use_case)
