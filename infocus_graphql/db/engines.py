"""Engines: one that only reads (autocommit, enforced by PostgreSQL) and one that writes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg
import orjson
from sqlalchemy import URL, make_url
from sqlalchemy.dialects.postgresql import asyncpg as postgresql_asyncpg
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infocus_graphql.core.settings import Settings
from infocus_graphql.core.settings.problems import UnusableSetting
from infocus_graphql.db.liveness import watch
from infocus_graphql.db.raw import RawPool

_CONNECT_SECONDS = 3
_RECYCLE_SECONDS = 1800
_PARAMETERS = {"host", "port", "ssl", "target_session_attrs", "prepared_statement_cache_size"}
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def normalise_url(url: str) -> URL:
    """The URL with the asyncpg driver, from any of the usual spellings of a PostgreSQL URL.

    Raises UnusableSetting, in words that never contain the URL itself, which holds a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UnusableSetting(
            "INFOCUS_DATABASE_URL can't be read: write postgresql://user:password@host:port/database, "
            "with percent-encoding for special characters in the password."
        ) from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise UnusableSetting("INFOCUS_DATABASE_URL must begin with postgresql://")
    return parsed.set(drivername="postgresql+asyncpg", query=_parameters(parsed.query))


def _parameters(query: Mapping[str, Any]) -> dict[str, Any]:
    """The URL's parameters as asyncpg calls them; `sslmode` is libpq's word for its `ssl`."""
    found = dict(query)
    if "sslmode" in found:
        found["ssl"] = found.pop("sslmode")
    unknown = sorted(set(found) - _PARAMETERS)
    if unknown:
        known = ", ".join(sorted({"sslmode", *_PARAMETERS} - {"ssl"}))
        raise UnusableSetting(
            f"INFOCUS_DATABASE_URL has the parameter {unknown[0]!r}, which is not supported; "
            f"known are {known}."
        )
    if found.get("ssl", "prefer") not in _SSL_MODES:
        raise UnusableSetting(f"The sslmode in INFOCUS_DATABASE_URL must be one of {', '.join(_SSL_MODES)}.")
    return found


def dumps(value: Any) -> str:
    """JSON for the database's own columns."""
    return orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class Engines:
    """The pools of one process, of which none waits for another."""

    read: AsyncEngine
    write: AsyncEngine
    plans: RawPool
    # Changes that are one statement.
    changes: RawPool

    async def dispose(self) -> None:
        """Closes all connections."""
        await self.read.dispose()
        await self.write.dispose()
        await self.plans.close()
        await self.changes.close()


def make_engines(url: str, settings: Settings) -> Engines:
    """Engines for `url`; nothing is connected before the first statement."""
    read = _engine(url, settings, read_only=True).execution_options(isolation_level="AUTOCOMMIT")
    write = _engine(url, settings, read_only=False)
    plans = _raw_pool(url, settings, settings.pool_size, read_only=True)
    changes = _raw_pool(url, settings, _lesser(settings), read_only=False)
    return Engines(read, write, plans, changes)


def _lesser(settings: Settings) -> int:
    """The size of a pool for what is done less often than planned reads."""
    return max(1, settings.pool_size // 2)


def connector(url: str, settings: Settings, name: str) -> Callable[[], Awaitable[asyncpg.Connection]]:
    """How to get a connection of one's own, outside the pools, to listen on; `name` is how it is listed."""
    arguments = _arguments(url) | connect_arguments(settings, read_only=False)
    arguments["server_settings"] = {**arguments["server_settings"], "application_name": name}
    arguments.pop("prepared_statement_cache_size", None)
    return partial(asyncpg.connect, **arguments)


def _arguments(url: str) -> dict[str, Any]:
    dialect: Any = postgresql_asyncpg.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    found: dict[str, Any] = dialect.create_connect_args(normalise_url(url))[1]
    return found


def _raw_pool(url: str, settings: Settings, size: int, *, read_only: bool) -> RawPool:
    return RawPool(
        _arguments(url) | connect_arguments(settings, read_only=read_only),
        size=size,
        timeout=settings.pool_timeout_seconds,
    )


def connect_arguments(settings: Settings, *, read_only: bool) -> dict[str, Any]:
    """What every connection is opened with, whichever pool it belongs to."""
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
    return {
        "timeout": _CONNECT_SECONDS,
        # For a server that doesn't answer at all: the server's own limit comes first.
        "command_timeout": settings.statement_timeout_ms / 1000 + 1,
        "server_settings": server_settings,
    }


def _engine(url: str, settings: Settings, *, read_only: bool) -> AsyncEngine:
    engine = create_async_engine(
        normalise_url(url),
        pool_size=_lesser(settings),
        max_overflow=0,
        pool_timeout=settings.pool_timeout_seconds,
        pool_recycle=_RECYCLE_SECONDS,
        hide_parameters=True,  # errors are logged, and hashes, addresses and keys are parameters
        json_serializer=dumps,
        json_deserializer=orjson.loads,
        connect_args=connect_arguments(settings, read_only=read_only),
    )
    watch(engine)
    return engine
