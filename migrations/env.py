"""Runs migrations: one process at a time, one transaction each, with short timeouts."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from logging.config import fileConfig
from typing import Any

# With this import, `alembic check` and autogenerate see the labels of enums.
import alembic_postgresql_enum
from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from infocus_graphql.db.session_parameters import PINNED, single_use_engine
from infocus_graphql.settings import Settings
from infocus_graphql.tables import metadata

LOCK_KEY = int.from_bytes(b"infocus")
LOCK_WAIT_SECONDS = 600.0
LOCK_POLL_SECONDS = 0.1
# A statement that waits for a lock blocks all later ones on that table, so the timeouts are short.
# `-x lock_timeout=30s -x statement_timeout=0` is for long data migrations.
TIMEOUTS = {"lock_timeout": "4s", "statement_timeout": "5s"}

# The tables of pgqueuer have no models; tests/jobs compares them with the library.
FOREIGN = "pgqueuer"
# Partitions are created by a function, one for each day.
PARTITION = re.compile(r"events_\d{8}")

config = context.config
alembic_postgresql_enum.set_configuration(
    alembic_postgresql_enum.Config(include_name=lambda name: not name.startswith(FOREIGN))
)


def options() -> dict[str, Any]:
    """The options of `context.configure`, online and offline."""
    return {
        "target_metadata": config.attributes.get("metadata", metadata),
        "transaction_per_migration": True,
        "compare_type": True,
        "compare_server_default": True,
        "include_name": is_ours,
    }


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Whether autogenerate compares this object with the models."""
    name = name or ""
    return not (kind == "table" and (name.startswith(FOREIGN) or PARTITION.fullmatch(name)))


def timeouts() -> dict[str, str]:
    """The timeouts of this run: from the command line, else from the caller, else the defaults."""
    chosen = TIMEOUTS | config.attributes.get("timeouts", {}) | context.get_x_argument(as_dictionary=True)
    return {name: str(chosen[name]) for name in TIMEOUTS}


def database_url() -> str:
    """The URL of the database, from the caller or the settings."""
    if given := config.attributes.get("url"):
        return str(given)
    configured = Settings().database_url
    if configured is None:
        raise CommandError("set INFOCUS_DATABASE_URL to the database to migrate")
    return configured.get_secret_value()


@contextmanager
def migration_lock(connection: Connection) -> Iterator[None]:
    """Holds the advisory lock that serialises migrating processes.

    The others poll instead of waiting in one statement, as CREATE INDEX CONCURRENTLY of the holder would
    wait for the snapshot of that statement: a deadlock.
    """
    outer = connection.in_transaction()
    try_lock = text(f"SELECT pg_try_advisory{'_xact' if outer else ''}_lock({LOCK_KEY})")
    remaining = LOCK_WAIT_SECONDS
    while not connection.scalar(try_lock):
        if not outer:
            connection.rollback()
        if remaining <= 0:
            raise CommandError("another process is still migrating this database; try again later")
        remaining -= LOCK_POLL_SECONDS
        await_only(asyncio.sleep(LOCK_POLL_SECONDS))
    if outer:  # the caller's transaction releases the lock
        yield
        return
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK_KEY})"))
        connection.commit()


@contextmanager
def migration_timeouts(connection: Connection) -> Iterator[None]:
    """Sets the timeouts for the migrations, and only for them."""
    outer = connection.in_transaction()
    setting = text("SELECT set_config(:name, :value, :local)")
    for name, value in timeouts().items():
        connection.execute(setting, {"name": name, "value": value, "local": outer})
    if outer:  # the caller's transaction resets them
        yield
        return
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        for name in TIMEOUTS:
            connection.execute(text(f"RESET {name}"))
        connection.commit()


def require_unicode(connection: Connection) -> None:
    """Raises an error unless the encoding is UTF8."""
    outer = connection.in_transaction()
    encoding = connection.scalar(text("SHOW server_encoding"))
    if not outer:
        connection.rollback()  # Alembic commits only transactions that it starts
    if encoding != "UTF8":
        raise CommandError(
            f"the database's encoding is {encoding}, but titles and names need Unicode; "
            "create it with: createdb --encoding=UTF8 --template=template0 NAME"
        )


def migrate(connection: Connection) -> None:
    """Runs the migrations, in the caller's transaction if there is one."""
    with migration_lock(connection), migration_timeouts(connection):
        require_unicode(connection)
        context.configure(connection=connection, **options())
        with context.begin_transaction():
            context.run_migrations()


async def connect_and_migrate() -> None:
    """Migrates on a connection of its own."""
    engine = single_use_engine(database_url(), "infocus-migrations")
    async with engine.connect() as connection:
        await connection.run_sync(migrate)


def write_sql() -> None:
    """Prints the SQL (`--sql`) without a database."""
    context.configure(
        dialect_name="postgresql",
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **options(),
    )
    context.execute(f"SET search_path = {PINNED['search_path']}")
    for name, value in timeouts().items():
        context.execute(f"SET {name} = '{value}'")
    with context.begin_transaction():
        context.run_migrations()


# Only the command line may change the logging; inside the server it is the server's.
if config.cmd_opts is not None and config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)

if context.is_offline_mode():
    write_sql()
elif (given := config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(connect_and_migrate())
