"""pgqueuer as we use it: the names of its tables, and its statements inside our transactions."""

import asyncio
from typing import Any, Final, Self

from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver, NotifyCallback
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncSession

# All of them are said here, because the library would take each from the environment otherwise, even
# from variables with such common names as CHANNEL or FUNCTION.
NAMES: Final = DBSettings(
    prefix="",
    db_schema=None,
    channel="ch_pgqueuer",
    function="fn_pgqueuer_changed",
    trigger="tg_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    schedules_table="pgqueuer_schedules",
    durability="durable",
)


def queries_on(driver: Driver) -> Queries:
    """The library's statements, on our tables, run by `driver`."""
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(NAMES),
        qbq=QueryQueueBuilder(NAMES),
        qbs=QuerySchedulerBuilder(NAMES),
    )


class SessionDriver(Driver):
    """Runs the library's statements in a session's transaction.

    They go through SQLAlchemy and not straight to the connection below it: SQLAlchemy begins the
    transaction with the first statement that it sees, so one that passed it by would be committed at once.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def fetch(self, query: str, *args: object) -> list[dict[str, Any]]:
        """Runs a statement and gives its rows."""
        connection = await self._session.connection()
        result = await connection.exec_driver_sql(query, args)
        return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        """Runs a statement without rows."""
        connection = await self._session.connection()
        await connection.exec_driver_sql(query, args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        """Tells the listeners of a channel, once the transaction commits."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """A transaction ends too soon to listen in."""
        raise TypeError("a transaction can't listen")

    @property
    def shutdown(self) -> asyncio.Event:
        """Nothing runs on here that could be told to end."""
        return asyncio.Event()

    @property
    def tm(self) -> TaskManager:
        """There are no tasks beside the statements."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """The session belongs to the caller."""
