"""The engines and pools of a process: read-only (autocommit, enforced by PostgreSQL) and writing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infocus_graphql.db.addresses import normalise_url
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.connection_health import install_health_check
from infocus_graphql.db.session_parameters import driver_arguments, session_parameters
from infocus_graphql.db.sql_types import Arguments
from infocus_graphql.settings import Settings

_CONNECT_SECONDS = 3
_RECYCLE_SECONDS = 1800


def json_text(value: object) -> str:
    """Serialises a value for JSON columns."""
    return orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class Engines:
    """The independent connection pools of one process."""

    read: AsyncEngine
    write: AsyncEngine
    plans: AsyncpgPool
    # Planned reads of expensive operations.
    expensive: AsyncpgPool
    # Changes that are a single statement.
    changes: AsyncpgPool
    # The maximum number of connections of `write`.
    write_connections: int

    async def dispose(self) -> None:
        """Closes all connections."""
        await self.read.dispose()
        await self.write.dispose()
        await self.plans.close()
        await self.expensive.close()
        await self.changes.close()


def make_engines(url: str, settings: Settings) -> Engines:
    """The engines for `url`; connections are opened on demand."""
    read = _engine(url, settings, read_only=True).execution_options(isolation_level="AUTOCOMMIT")
    write = _engine(url, settings, read_only=False)
    plans = _raw_pool(url, settings, settings.pool_size, read_only=True)
    changes = _raw_pool(url, settings, _half_size(settings), read_only=False)
    expensive = _raw_pool(url, settings, settings.expensive_operations, read_only=True)
    return Engines(read, write, plans, expensive, changes, _half_size(settings))


def _half_size(settings: Settings) -> int:
    """The size of the pools that are used less than that of planned reads."""
    return max(1, settings.pool_size // 2)


def connector(url: str, settings: Settings, name: str) -> Callable[[], Awaitable[asyncpg.Connection]]:
    """A factory of connections outside the pools, for LISTEN; `name` is their `application_name`."""
    arguments = driver_arguments(url) | connect_arguments(settings, read_only=False)
    arguments["server_settings"] = {**arguments["server_settings"], "application_name": name}
    return partial(asyncpg.connect, **arguments)


def _raw_pool(url: str, settings: Settings, size: int, *, read_only: bool) -> AsyncpgPool:
    return AsyncpgPool(
        driver_arguments(url) | connect_arguments(settings, read_only=read_only),
        size=size,
        timeout=settings.pool_timeout_seconds,
    )


def connect_arguments(settings: Settings, *, read_only: bool) -> Arguments:
    """The arguments of `asyncpg.connect` that are common to all pools."""
    server_settings = session_parameters(
        "infocus-read" if read_only else "infocus-write",
        statement_timeout=str(settings.statement_timeout_ms),
        lock_timeout=str(settings.lock_timeout_ms),
        idle_in_transaction_session_timeout="10000",
        default_transaction_read_only="on" if read_only else "off",
        max_parallel_workers_per_gather="0",  # one request takes one core at most
    )
    return {
        "timeout": _CONNECT_SECONDS,
        # For an unresponsive server; normally the server's own limit is reached first.
        "command_timeout": settings.statement_timeout_ms / 1000 + 1,
        "server_settings": server_settings,
    }


def _engine(url: str, settings: Settings, *, read_only: bool) -> AsyncEngine:
    engine = create_async_engine(
        normalise_url(url),
        pool_size=_half_size(settings),
        max_overflow=0,
        pool_timeout=settings.pool_timeout_seconds,
        pool_recycle=_RECYCLE_SECONDS,
        hide_parameters=True,  # errors are logged, and parameters contain hashes, addresses and keys
        json_serializer=json_text,
        json_deserializer=orjson.loads,
        connect_args=connect_arguments(settings, read_only=read_only),
    )
    install_health_check(engine)
    return engine
