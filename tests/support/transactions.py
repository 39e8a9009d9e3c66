"""Counts the write transactions of each request of the API test client."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from sqlalchemy import ExceptionContext, event

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.database import Database
from infocus_graphql.db.prepared import Query
from infocus_graphql.db.stale import is_stale

# The transactions of the request that runs in this context; the application handles it in the same one.
_BEGUN: ContextVar[list[str] | None] = ContextVar("transactions of a request", default=None)
# Statements in autocommit that belong to the request and not to its mutation: the response that is stored for
# retries once the change is committed, documents that clients name by their hash, a token's last use, the
# shared rate limit of calls to TMDB, and the events of earlier changes.
_OF_THE_REQUEST = (
    "INSERT INTO rate_states",
    "UPDATE idempotency_records SET response",
    "persisted_documents",
    "UPDATE api_tokens SET last_used_at",
    "SELECT relay_events",
)
_ADDING = {"searchMedia", "trendingMedia"}


def _note(what: str) -> None:
    begun = _BEGUN.get()
    if begun is not None:
        begun.append(what)


def _reset() -> None:
    begun = _BEGUN.get()
    if begun:
        begun.pop()


@contextmanager
def counting_transactions() -> Iterator[list[str]]:
    """Collects the write transactions that are begun inside the block, in this context."""
    begun: list[str] = []
    token = _BEGUN.set(begun)
    try:
        yield begun
    finally:
        _BEGUN.reset(token)


@contextmanager
def observed(database: Database) -> Iterator[None]:
    """Lets `counting_transactions` see the write transactions of a database.

    Those that are rolled back don't count: a mutation may run again when what it lacked has been fetched.
    """
    engine, pool = database.engines.write.sync_engine, database.engines.changes
    write_once = AsyncpgPool.write_once

    def begun(_connection: Any) -> None:
        _note("BEGIN")

    def rolled_back(_connection: Any) -> None:
        _reset()

    def failed(context: ExceptionContext) -> None:
        error = context.original_exception
        if getattr(error, "sqlstate", None) in ("40001", "40P01") or is_stale(error):
            _reset()  # PostgreSQL has aborted it, and the use case runs again

    async def written(query: Query) -> Any:
        found = await write_once(pool, query)
        # Without a result it has changed nothing, and the use case goes on in a transaction.
        if found is not None and not any(text in query[0] for text in _OF_THE_REQUEST):
            _note(query[0])
        return found

    event.listen(engine, "begin", begun)
    event.listen(engine, "rollback", rolled_back)
    event.listen(engine, "handle_error", failed)
    pool.write_once = written  # type: ignore[method-assign]  # of this pool alone
    try:
        yield
    finally:
        event.remove(engine, "begin", begun)
        event.remove(engine, "rollback", rolled_back)
        event.remove(engine, "handle_error", failed)
        del pool.write_once


def transactions_allowed(query: str) -> int:
    """How many write transactions a document may run: one for each mutation and each search of titles.

    Searches add titles of TMDB to the catalogue. Other queries write nothing.
    """
    try:
        definitions = parse(query).definitions
    except GraphQLError:
        return 0
    return sum(
        each.operation is OperationType.MUTATION
        or (isinstance(field, FieldNode) and field.name.value in _ADDING)
        for each in definitions
        if isinstance(each, OperationDefinitionNode)
        for field in each.selection_set.selections
    )
