"""The configuration parameters that every PostgreSQL session sets, overriding those of the server.

An operator may have set `DateStyle = 'German, DMY'` for the database, or a `search_path` with another schema
that has a table of the same name. All parameters that affect how values and names are printed, parsed or
resolved are therefore sent in the start-up packet, which overrides `ALTER SYSTEM`, `ALTER DATABASE` and
`ALTER ROLE`.

The list follows the chapters "Client Connection Defaults" and "Version and Platform Compatibility" of
PostgreSQL's manual. Parameters that affect only speed, durability or file locations are left to the operator
(`work_mem`, `enable_*`, `synchronous_commit`, `default_tablespace`). PostgreSQL 15 rejects sessions with
newer parameters, so `transaction_timeout` (17) is not included.
"""

from typing import Any, Final

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as postgresql_asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from infocus_graphql.db.addresses import normalise_url
from infocus_graphql.db.sql_types import Arguments, SqlValue

_CONNECT_SECONDS: Final = 30

PINNED: Final = {
    # Name resolution. Temporary tables come last, so that they can't shadow our tables.
    "search_path": "public, pg_temp",
    # Formats of values.
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
    # Parsing of statements.
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "escape_string_warning": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "check_function_bodies": "on",
    # Completeness of results: with a limit above 0, GIN indexes return a random subset.
    "gin_fuzzy_search_limit": "0",
    # The least similarity of words in searches of titles.
    "pg_trgm.similarity_threshold": "0.3",
    "row_security": "on",
    # Transactions and timeouts.
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "exit_on_error": "off",
    "client_min_messages": "notice",
    # JIT compilation costs more than executing our short statements.
    "jit": "off",
    "plan_cache_mode": "auto",
}


def session_parameters(name: str, **more: str) -> dict[str, str]:
    """The parameters of a session; `name` is its `application_name`, shown in `pg_stat_activity`."""
    return {**PINNED, "application_name": name, **more}


def driver_arguments(url: str) -> Arguments:
    """The URL as arguments of `asyncpg.connect`."""
    dialect: Any = postgresql_asyncpg.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    found: Arguments = dialect.create_connect_args(normalise_url(url))[1]
    found.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own
    return found


async def connect(url: str, name: str) -> asyncpg.Connection:
    """A connection outside the pools, without statement timeouts."""
    arguments = driver_arguments(url)
    return await asyncpg.connect(
        **arguments, timeout=_CONNECT_SECONDS, server_settings=session_parameters(name)
    )


def single_use_engine(url: str, name: str, **more: SqlValue) -> AsyncEngine:
    """An engine without a pool, for commands."""
    return create_async_engine(
        normalise_url(url),
        poolclass=NullPool,
        connect_args={"server_settings": session_parameters(name)},
        **more,
    )
