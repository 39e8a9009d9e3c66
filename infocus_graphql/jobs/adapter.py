"""The adapter to pgqueuer: the names of its tables, and a driver that runs it in our transactions."""

import asyncio
from typing import Final, Self

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

from infocus_graphql.core.json_types import JsonObject

# All names are set explicitly; otherwise the library reads them from environment variables, including ones
# with common names such as CHANNEL or FUNCTION.
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
    """The library's queries with our table names, run by `driver`."""
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(NAMES),
        qbq=QueryQueueBuilder(NAMES),
        qbs=QuerySchedulerBuilder(NAMES),
    )


class SessionDriver(Driver):
    """Runs the library's statements in a session's transaction.

    It runs them through SQLAlchemy instead of the underlying connection: SQLAlchemy begins the transaction
    with the first statement that it executes, so a statement that bypassed it would commit at once.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def fetch(self, query: str, *args: object) -> list[JsonObject]:
        """Runs a statement and returns its rows."""
        connection = await self._session.connection()
        result = await connection.exec_driver_sql(query, args)
        return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        """Runs a statement that returns no rows."""
        connection = await self._session.connection()
        await connection.exec_driver_sql(query, args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        """Notifies the listeners of a channel when the transaction commits."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Not supported: a transaction can't receive notifications."""
        raise TypeError("a transaction can't listen")

    @property
    def shutdown(self) -> asyncio.Event:
        """Part of the interface; nothing here needs a shutdown."""
        return asyncio.Event()

    @property
    def tm(self) -> TaskManager:
        """Part of the interface; there are no background tasks."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Does nothing: the caller owns the session."""
