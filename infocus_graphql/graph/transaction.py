"""The single transaction of a mutation, and the guards that run in it."""

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

from infocus_graphql.core.errors import Refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.graph.idempotency import IdempotentRequest

P = ParamSpec("P")
T = TypeVar("T")

Guard: TypeAlias = Callable[[UnitOfWork, Viewer], Awaitable[None]]


def guarded(
    use_case: Callable[Concatenate[UnitOfWork, Viewer, P], Awaitable[T]], *guards: Guard
) -> Callable[Concatenate[UnitOfWork, Viewer, P], Awaitable[T]]:
    """Returns the use case preceded by guards, which run in the same transaction and may raise `Refused`."""

    async def run(work: UnitOfWork, viewer: Viewer, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for guard in guards:
            await guard(work, viewer)
        return await use_case(work, viewer, *args, **kwargs)

    return run


class MutationTransaction:
    """The transaction of a mutation: opened by its use case, committed after the mutation has returned.

    The `Idempotency-Key` is claimed and the result stored in this transaction, too, so that after a crash
    either all of it is committed or nothing.
    """

    def __init__(self, database: Database, idempotency: IdempotentRequest | None) -> None:
        self._database, self._idempotency = database, idempotency
        self._work: UnitOfWork | None = None
        self._after_commit: list[Callable[[], Awaitable[None] | None]] = []

    @property
    def is_open(self) -> bool:
        """Whether the use case has run, so that the transaction holds a connection."""
        return self._work is not None

    async def run(
        self, use_case: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs the use case. `finish` commits it."""
        if self._work is not None:
            raise RuntimeError("a mutation has one transaction: join the use cases, or use `guarded`")

        async def claim_and_run(work: UnitOfWork) -> T:
            if self._idempotency is not None:
                await self._idempotency.claim(work)
            return await use_case(work, *args, **kwargs)

        self._work, result = await self._database.begin(claim_and_run)
        return result

    def after_commit(self, callback: Callable[[], Awaitable[None] | None]) -> None:
        """Runs `callback` after the commit; not after a rollback."""
        self._after_commit.append(callback)

    async def finish(self, result: object) -> None:
        """Stores the result for retries with the same key, commits, and runs the callbacks.

        A `Refused` is not stored, so a retry runs the mutation again.
        """
        if self._work is not None:
            refused = isinstance(result, Refused)
            if self._idempotency is not None:
                if refused:
                    await self._idempotency.release(self._work)
                else:
                    await self._idempotency.record(self._work, result)
            work, self._work = self._work, None
            await self._database.finish(work)
            if self._idempotency is not None and not refused:
                self._idempotency.committed()
        for callback in self._after_commit:
            done = callback()
            if done is not None:
                await done

    async def close(self) -> None:
        """Rolls back uncommitted changes."""
        if self._work is not None:
            await self._work.close()
