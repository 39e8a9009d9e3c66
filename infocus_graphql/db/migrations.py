"""Migrates a database to the revision of this code, and reports its current revision."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.ext.asyncio import AsyncConnection

from infocus_graphql.db.addresses import normalise_url
from infocus_graphql.db.revisions import applied_revisions, head, migrations_folder
from infocus_graphql.db.session_parameters import single_use_engine

# Alembic keeps its state in module globals, so only one command at a time may run in a process. An advisory
# lock in `env.py` does the same for several processes.
_alembic_lock = threading.Lock()


class UnknownRevision(Exception):
    """The database has an unknown revision, because newer code has migrated it."""


@dataclass(frozen=True, slots=True)
class Status:
    """The current revision of a database, that of this code, and the pending revisions, oldest first."""

    current: str | None
    head: str
    pending: tuple[str, ...]

    @property
    def up_to_date(self) -> bool:
        """Whether there are no pending revisions."""
        return self.current == self.head


def alembic_config(**attributes: object) -> Config:
    """Alembic's configuration without an ini file; `attributes` are read by `env.py`."""
    config = Config(attributes=attributes)
    # ConfigParser interpolates percent signs.
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    return config


async def upgrade(url: str, revision: str = "head", *, timeouts: Mapping[str, str] | None = None) -> None:
    """Applies the pending migrations. A concurrent call in another process waits and then has nothing to do.

    `timeouts` (`lock_timeout`, `statement_timeout`) allow more time for long data migrations.
    """
    await _run(command.upgrade, url, revision, timeouts)


async def downgrade(url: str, revision: str, *, timeouts: Mapping[str, str] | None = None) -> None:
    """Reverts the migrations after `revision`; `base` reverts all and deletes all data."""
    await _run(command.downgrade, url, revision, timeouts)


async def current(url: str) -> str | None:
    """The revision of the database; None if it was never migrated."""
    async with _connected(url) as connection:
        applied = await applied_revisions(connection)
    if len(applied) > 1:
        raise CommandError(f"the database has several revisions: {', '.join(sorted(applied))}")
    return next(iter(applied), None)


async def status(url: str) -> Status:
    """The current revision and the pending ones."""
    revision = await current(url)
    return Status(current=revision, head=head(), pending=_pending(revision))


async def _run(
    step: Callable[[Config, str], None],
    url: str,
    revision: str,
    timeouts: Mapping[str, str] | None,
) -> None:
    address = normalise_url(url).render_as_string(hide_password=False)
    config = alembic_config(url=address, timeouts=dict(timeouts or {}))

    # In a thread, because Alembic blocks, and `env.py` runs its own event loop.
    def run() -> None:
        with _alembic_lock:
            step(config, revision)

    await asyncio.to_thread(run)


def _pending(revision: str | None) -> tuple[str, ...]:
    scripts = _scripts()
    try:
        scripts.get_revisions(revision or "base")
    except CommandError as error:
        raise UnknownRevision(f"revision {revision} of the database is unknown to this code") from error
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
