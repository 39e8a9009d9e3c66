"""Brings a database to the revision of this code, and tells which revision it has."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from infocus_graphql.db.addresses import normalise_url
from infocus_graphql.db.session_parameters import single_use_engine

# Alembic keeps its state in module globals, so its commands take turns here. That two processes
# take turns is seen to by the lock in the migrations' `env.py`.
_one_at_a_time = threading.Lock()
_APPLIED = text("SELECT version_num FROM alembic_version")
_UNDEFINED_TABLE = "42P01"


class UnknownRevision(Exception):
    """The database has a revision that this code doesn't know: it was migrated by newer code."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands; `pending` are the revisions still to run, oldest first."""

    current: str | None
    head: str
    pending: tuple[str, ...]

    @property
    def up_to_date(self) -> bool:
        """Whether nothing is left to do."""
        return self.current == self.head


def migrations_folder() -> Path:
    """Where the migrations are: in the installed package, or in the root of a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise FileNotFoundError(f"no migrations beside {package}; the installation is incomplete")


def alembic_config(**attributes: Any) -> Config:
    """Alembic's configuration without an ini file; `attributes` are read by `env.py`."""
    config = Config(attributes=attributes)
    # ConfigParser would take a percent sign in the path for the start of a variable.
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    return config


async def upgrade(url: str, revision: str = "head", *, timeouts: Mapping[str, str] | None = None) -> None:
    """Applies what is missing. A second process that does the same waits, then finds nothing to do.

    `timeouts` (`lock_timeout`, `statement_timeout`) give a long data migration more time.
    """
    await _run(command.upgrade, url, revision, timeouts)


async def downgrade(url: str, revision: str, *, timeouts: Mapping[str, str] | None = None) -> None:
    """Takes back what came after `revision`; `base` takes back everything, data included."""
    await _run(command.downgrade, url, revision, timeouts)


async def current(url: str) -> str | None:
    """The revision of the database; None when it has never been migrated."""
    async with _connected(url) as connection:
        applied = await _applied(connection)
    if len(applied) > 1:
        raise CommandError(f"the database has several revisions: {', '.join(sorted(applied))}")
    return next(iter(applied), None)


@cache
def head() -> str:
    """The revision that this code needs."""
    revision = _scripts().get_current_head()
    if revision is None:
        raise CommandError("there are no migrations")
    return revision


async def status(url: str) -> Status:
    """Where the database stands and what is left to do."""
    revision = await current(url)
    return Status(current=revision, head=head(), pending=_pending(revision))


async def is_current(connection: AsyncConnection) -> bool:
    """Whether the database has exactly the revision that this code needs; one small SELECT.

    For a connection in autocommit: in a transaction, a missing version table would abort it.
    """
    return await _applied(connection) == {head()}


async def _run(
    step: Callable[[Config, str], None],
    url: str,
    revision: str,
    timeouts: Mapping[str, str] | None,
) -> None:
    address = normalise_url(url).render_as_string(hide_password=False)
    config = alembic_config(url=address, timeouts=dict(timeouts or {}))

    # In a thread, because Alembic blocks, and `env.py` starts an event loop of its own.
    def run() -> None:
        with _one_at_a_time:
            step(config, revision)

    await asyncio.to_thread(run)


async def _applied(connection: AsyncConnection) -> set[str]:
    try:
        return set(await connection.scalars(_APPLIED))
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE:
            return set()
        raise


def _pending(revision: str | None) -> tuple[str, ...]:
    scripts = _scripts()
    try:
        scripts.get_revisions(revision or "base")
    except CommandError as error:
        raise UnknownRevision(f"revision {revision} of the database is not known here") from error
    missing = scripts.iterate_revisions("head", revision or "base")
    return tuple(reversed([script.revision for script in missing]))


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = single_use_engine(url, "infocus-command")
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()
