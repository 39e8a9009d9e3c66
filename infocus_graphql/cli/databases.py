"""The database of a command: the configured one, else the embedded one."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from infocus_graphql.cli.errors import CliError

if TYPE_CHECKING:
    from infocus_graphql.db.embedded import EmbeddedPostgres
    from infocus_graphql.settings import Settings

_ENDING = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class CommandDatabase:
    """A database that is available while the command runs."""

    url: str
    name: str
    database: str
    embedded: "EmbeddedPostgres | None" = None

    def run_tool(
        self,
        settings: "Settings",
        program: str,
        *args: str,
        stdin: IO[bytes] | None = None,
        stdout: IO[bytes] | None = None,
    ) -> None:
        """Runs one of PostgreSQL's client programs, such as `pg_dump`, on this database."""
        from infocus_graphql.cli.tools import run_on_url

        if self.embedded is not None:
            self.embedded.run_tool(program, *args, stdin=stdin, stdout=stdout)
        else:
            run_on_url(self.url, settings.pg_bin, program, *args, stdin=stdin, stdout=stdout)


@contextmanager
def database(settings: "Settings", *, as_owner: bool = False) -> Iterator[CommandDatabase]:
    """The database of these settings; starts the embedded one if none is configured, for this block.

    `as_owner` connects as the owner of the tables, if INFOCUS_MIGRATION_DATABASE_URL names another role.
    """
    configured = settings.database_url
    if as_owner and settings.migration_database_url is not None:
        configured = settings.migration_database_url
    if configured is not None:
        from infocus_graphql.db.addresses import normalise_url

        url = configured.get_secret_value()
        parsed = normalise_url(url)
        place = parsed.host or "this machine"
        database_name = parsed.database or parsed.username or "postgres"
        yield CommandDatabase(url, f"{database_name} on {place}", database_name)
        return
    if settings.production:
        raise CliError("Production requires INFOCUS_DATABASE_URL; the embedded database is for development.")
    from infocus_graphql.db.embedded import EmbeddedPostgres

    home = settings.data_dir / "postgres"
    server = EmbeddedPostgres(home, bin_dir=settings.pg_bin)
    server.start()
    try:
        name = f"embedded PostgreSQL {server.version} in {_short(home)}"
        yield CommandDatabase(server.dsn(), name, "infocus", server)
    finally:
        with _uninterrupted():
            server.release()


def migrate(settings: "Settings", used: CommandDatabase, revision: str = "head") -> str | None:
    """Applies the migrations as the owner of the tables, and grants the serving role its privileges."""
    from infocus_graphql.db import migrations

    url = used.url
    if settings.migration_database_url is not None:
        url = settings.migration_database_url.get_secret_value()
    asyncio.run(migrations.upgrade(url, revision))
    grant_serving_role(settings, url)
    return asyncio.run(migrations.current(url))


def grant_serving_role(settings: "Settings", url: str) -> None:
    """Grants the role of INFOCUS_DATABASE_URL its privileges, if another role owns the tables."""
    from infocus_graphql.db.addresses import normalise_url

    if settings.migration_database_url is None or settings.database_url is None:
        return
    role = normalise_url(settings.database_url.get_secret_value()).username
    if role is not None:
        grant_role(url, role)


def grant_role(url: str, role: str) -> bool:
    """Grants `role` the privileges for serving; returns False if it owns the tables."""
    from infocus_graphql.db.grants import UnknownRoleError, grant

    try:
        return asyncio.run(grant(url, role))
    except UnknownRoleError:
        raise CliError(f"The role {role!r} does not exist; create it first: CREATE ROLE … LOGIN.") from None


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block successfully, after its context managers have exited."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    # A second Ctrl-C must not leave the database running; stopping it takes a fraction of a second.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in _ENDING]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _short(path: Path) -> str:
    absolute = path.resolve()
    here = Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)
