"""Statements and plans that a session keeps from before a change of the schema.

`ALTER TABLE … ALTER COLUMN … TYPE` changes what a prepared statement returns, and PostgreSQL then refuses to
run it ("cached plan must not change result type"). A type that is made anew has another number than the one
in the statement ("cache lookup failed for type 16432"), and a function keeps the types that it has seen.
Each of these errors comes before the statement does anything, and a fresh connection mends it: a read can be
repeated, and so can a change whose transaction was rolled back.
"""

from collections.abc import Iterator
from typing import Final

import asyncpg

# A column has another type than a kept plan expects; a type or a prepared statement is no longer there.
_STATES: Final = {"42804", "42704", "26000"}
# Several changes may follow each other while a statement waits for its locks.
RENEWALS: Final = 5
_INTERNAL: Final = "XX000"
# PostgreSQL translates no messages of internal errors.
_INTERNAL_WORDS: Final = ("cache lookup failed", "could not open relation")


def is_stale(error: BaseException | None) -> bool:
    """Whether a fresh connection mends what went wrong."""
    return any(_is_stale(each) for each in causes(error))


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what it was made of by SQLAlchemy or by `raise … from`."""
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
        return any(words in str(error) for words in _INTERNAL_WORDS)
    return state in _STATES
