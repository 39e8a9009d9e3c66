"""What every session with PostgreSQL sets, whatever the server, the database or the role has configured.

An operator may have set `DateStyle = 'German, DMY'` for the database, or a `search_path` that finds another
table by the name of ours. All parameters that change how values and names are printed, read or found are
therefore sent with the start-up packet, which wins over `ALTER SYSTEM`, `ALTER DATABASE` and `ALTER ROLE`.

The list follows the chapters "Client Connection Defaults" and "Version and Platform Compatibility" of
PostgreSQL's manual. Left to the operator is what changes only speed, durability or places of files
(`work_mem`, `enable_*`, `synchronous_commit`, `default_tablespace`). PostgreSQL 15 refuses a session that
names a newer parameter, so `transaction_timeout` (17) isn't here.
"""

from typing import Any, Final

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as postgresql_asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from infocus_graphql.db.addresses import normalise_url

_CONNECT_SECONDS: Final = 30

PINNED: Final = {
    # Where names are found. Temporary tables come last, where none can stand in for a table of ours.
    "search_path": "public, pg_temp",
    # How values are printed and read.
    "client_encoding": "UTF8",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "timezone_abbreviations": "Default",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "xmloption": "content",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "quote_all_identifiers": "off",
    "default_text_search_config": "pg_catalog.simple",
    # How statements are read.
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "escape_string_warning": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "check_function_bodies": "on",
    # Which rows are found: a limit above 0 makes GIN indexes return a random share of them.
    "gin_fuzzy_search_limit": "0",
    "row_security": "on",
    # What a transaction is, and what ends a session.
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "exit_on_error": "off",
    "client_min_messages": "notice",
    # Compiling costs more than our short statements.
    "jit": "off",
    "plan_cache_mode": "auto",
}


def session_parameters(name: str, **more: str) -> dict[str, str]:
    """The parameters of a session; `name` is how `pg_stat_activity` lists it."""
    return {**PINNED, "application_name": name, **more}


def driver_arguments(url: str) -> dict[str, Any]:
    """The address as the arguments of `asyncpg.connect`."""
    dialect: Any = postgresql_asyncpg.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    found: dict[str, Any] = dialect.create_connect_args(normalise_url(url))[1]
    found.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own
    return found


async def connect(url: str, name: str) -> asyncpg.Connection:
    """One connection outside the pools, without time limits for statements."""
    arguments = driver_arguments(url)
    return await asyncpg.connect(
        **arguments, timeout=_CONNECT_SECONDS, server_settings=session_parameters(name)
    )


def single_use_engine(url: str, name: str, **more: Any) -> AsyncEngine:
    """An engine that makes a connection when needed and keeps none, for a command."""
    return create_async_engine(
        normalise_url(url),
        poolclass=NullPool,
        connect_args={"server_settings": session_parameters(name)},
        **more,
    )
