"""Runs the migrations: one process at a time, one transaction each, with short patience."""

import asyncio
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
# A statement that waits for a lock makes all later ones on that table wait behind it, so it gives
# up soon. `-x lock_timeout=30s -x statement_timeout=0` gives a long data migration its time.
TIMEOUTS = {"lock_timeout": "4s", "statement_timeout": "5s"}

# The job queue's tables are those of a library, which says itself whether they are as it wants them
# (tests/jobs): they have no models to be compared with.
FOREIGN = "pgqueuer"

config = context.config
alembic_postgresql_enum.set_configuration(
    alembic_postgresql_enum.Config(include_name=lambda name: not name.startswith(FOREIGN))
)


def options() -> dict[str, Any]:
    """What `context.configure` is told, online and offline."""
    return {
        "target_metadata": config.attributes.get("metadata", metadata),
        "transaction_per_migration": True,
        "compare_type": True,
        "compare_server_default": True,
        "include_name": is_ours,
    }


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Whether something in the database is to be compared with the models."""
    return not (kind == "table" and (name or "").startswith(FOREIGN))


def timeouts() -> dict[str, str]:
    """The timeouts for this run; the command line's word counts most, ours least."""
    chosen = TIMEOUTS | config.attributes.get("timeouts", {}) | context.get_x_argument(as_dictionary=True)
    return {name: str(chosen[name]) for name in TIMEOUTS}


def database_url() -> str:
    """The address of the database: given by the caller, or from the settings."""
    if given := config.attributes.get("url"):
        return str(given)
    configured = Settings().database_url
    if configured is None:
        raise CommandError("set INFOCUS_DATABASE_URL to the database that is to be migrated")
    return configured.get_secret_value()


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Holds the advisory lock of all migrating processes; the others wait.

    They ask again and again, and don't wait inside one statement: its snapshot would make a
    CREATE INDEX CONCURRENTLY of the holder wait for the waiting process, for ever.
    """
    outer = connection.in_transaction()
    ask = text(f"SELECT pg_try_advisory{'_xact' if outer else ''}_lock({LOCK_KEY})")
    patience = LOCK_WAIT_SECONDS
    while not connection.scalar(ask):
        if not outer:
            connection.rollback()
        if patience <= 0:
            raise CommandError("another process is still migrating this database; try again later")
        patience -= LOCK_POLL_SECONDS
        await_only(asyncio.sleep(LOCK_POLL_SECONDS))
    if outer:  # the lock ends with the caller's transaction
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
def impatient(connection: Connection) -> Iterator[None]:
    """Sets the timeouts for the migrations, and only for them."""
    outer = connection.in_transaction()
    setting = text("SELECT set_config(:name, :value, :local)")
    for name, value in timeouts().items():
        connection.execute(setting, {"name": name, "value": value, "local": outer})
    if outer:  # they end with the caller's transaction
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
    """Refuses a database that can't hold text of all languages."""
    outer = connection.in_transaction()
    encoding = connection.scalar(text("SHOW server_encoding"))
    if not outer:
        connection.rollback()  # Alembic commits only transactions that it has begun
    if encoding != "UTF8":
        raise CommandError(
            f"the database's encoding is {encoding}, but titles and names need Unicode; "
            "make it with: createdb --encoding=UTF8 --template=template0 NAME"
        )


def migrate(connection: Connection) -> None:
    """Runs what Alembic has been asked for; inside the caller's transaction if there is one."""
    with alone(connection), impatient(connection):
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
