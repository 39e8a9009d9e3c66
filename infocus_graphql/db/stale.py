"""Detects prepared statements and plans that a schema change has made stale.

After `ALTER TABLE … ALTER COLUMN … TYPE`, PostgreSQL rejects prepared statements that return the column
("cached plan must not change result type"). A recreated type has another OID than the one in the statement
("cache lookup failed for type 16432"), and functions cache the types that they have used. Each of these
errors occurs before the statement changes anything, and a new connection avoids it, so reads can be repeated,
and so can transactions that were rolled back.
"""

from collections.abc import Iterator
from typing import Final

import asyncpg

# datatype_mismatch, undefined_object, invalid_sql_statement_name.
_STATES: Final = {"42804", "42704", "26000"}
# Several schema changes may happen while a statement waits for its locks.
RENEWALS: Final = 5
_INTERNAL: Final = "XX000"
# PostgreSQL doesn't translate the messages of internal errors.
_INTERNAL_MESSAGES: Final = ("cache lookup failed", "could not open relation")


def is_stale(error: BaseException | None) -> bool:
    """Whether the error comes from a stale statement or plan, so that a new connection avoids it."""
    return any(_is_stale(each) for each in causes(error))


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes, both those that SQLAlchemy wraps (`orig`) and `__cause__`."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "orig", None) or error.__cause__


def _is_stale(error: BaseException) -> bool:
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True
    state = getattr(error, "sqlstate", None)
    if state == _INTERNAL:
        return any(text in str(error) for text in _INTERNAL_MESSAGES)
    return state in _STATES
