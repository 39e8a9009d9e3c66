"""Engines: one that only reads (autocommit, enforced by PostgreSQL) and one that writes."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infocus_graphql.core.settings import Settings

_CONNECT_SECONDS = 3
_COMMAND_SECONDS = 5
_RECYCLE_SECONDS = 1800


def normalise_url(url: str) -> URL:
    """The URL with the asyncpg driver, from any of the usual spellings of a PostgreSQL URL."""
    parsed = make_url(url)
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError("The database URL must begin with postgresql://")
    return parsed.set(drivername="postgresql+asyncpg")


def dumps(value: Any) -> str:
    """JSON for the database's own columns."""
    return orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class Engines:
    """The two pools of one process. Reads never wait for writes, and the other way round."""

    read: AsyncEngine
    write: AsyncEngine

    async def dispose(self) -> None:
        """Closes all connections."""
        await self.read.dispose()
        await self.write.dispose()


def make_engines(url: str, settings: Settings) -> Engines:
    """Engines for `url`; nothing is connected before the first statement."""
    read = _engine(url, settings, read_only=True).execution_options(isolation_level="AUTOCOMMIT")
    return Engines(read, _engine(url, settings, read_only=False))


def _engine(url: str, settings: Settings, *, read_only: bool) -> AsyncEngine:
    server_settings = {
        "application_name": "infocus-read" if read_only else "infocus-write",
        "timezone": "UTC",  # instants print alike whatever the server's own zone
        "jit": "off",  # compiling costs more than our short statements
        "statement_timeout": str(settings.statement_timeout_ms),
        "lock_timeout": str(settings.lock_timeout_ms),
        "idle_in_transaction_session_timeout": "10000",
    }
    if read_only:
        server_settings["default_transaction_read_only"] = "on"
    return create_async_engine(
        normalise_url(url),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout_seconds,
        pool_recycle=_RECYCLE_SECONDS,
        pool_pre_ping=True,
        json_serializer=dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "command_timeout": _COMMAND_SECONDS,
            "server_settings": server_settings,
        },
    )
