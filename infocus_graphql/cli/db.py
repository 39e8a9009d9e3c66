"""`infocus db`: migrations, privileges, backup and restore."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from infocus_graphql.cli.configuration import read_settings
from infocus_graphql.cli.errors import CliError

db = typer.Typer(help="Migrate, reset, dump and restore the database.", no_args_is_help=True)

Yes = Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")]
_MAGIC = b"PGDMP"
# In a single transaction: a failed restore leaves the database unchanged.
_RESTORE = ("--clean", "--if-exists", "--single-transaction", "--no-owner", "--no-acl")
_EMPTY = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


@db.command()
def upgrade(revision: str = "head") -> None:
    """Apply the pending migrations."""
    from infocus_graphql.cli.databases import database, migrate

    settings = read_settings()
    with database(settings, as_owner=True) as used:
        typer.echo(f"The database has revision {migrate(settings, used, revision)}.")


@db.command()
def downgrade(revision: str, yes: Yes = False) -> None:
    """Revert migrations; data in the tables and columns that they created is lost."""
    from infocus_graphql.cli.databases import database
    from infocus_graphql.db import migrations

    with database(read_settings(), as_owner=True) as used:
        _confirm(f"Revert all migrations after {revision} in {used.name}?", yes=yes)
        asyncio.run(migrations.downgrade(used.url, revision))
        typer.echo(f"The database has revision {asyncio.run(migrations.current(used.url))}.")


@db.command()
def status(
    check: Annotated[bool, typer.Option("--check", help="Also compare the tables with the models.")] = False,
) -> None:
    """List the pending migrations; exit code 1 if there are any."""
    from infocus_graphql.cli.databases import database
    from infocus_graphql.db import migrations

    with database(read_settings(), as_owner=True) as used:
        state = asyncio.run(migrations.status(used.url))
        typer.echo(f"{used.name}: revision {state.current or 'none'}, this code requires {state.head}.")
        for revision in state.pending:
            typer.echo(f"  pending: {revision}")
        if not state.up_to_date:
            typer.echo("Run `infocus db upgrade`.")
            raise typer.Exit(1)
        if check:
            _compare(used.url)


@db.command()
def grant(role: str) -> None:
    """Grant a role the privileges for serving. The role that migrates owns the tables.

    `upgrade`, `reset` and `restore` do this automatically if INFOCUS_MIGRATION_DATABASE_URL is set.
    """
    from infocus_graphql.cli.databases import database, grant_role

    with database(read_settings(), as_owner=True) as used:
        if grant_role(used.url, role):
            typer.echo(f"{role} can serve {used.name}.")
        else:
            typer.echo(f"{role} owns the tables of {used.name} and needs no grant.")


@db.command()
def revision(message: str) -> None:
    """Generate a migration from the difference between models and database (in a checkout)."""
    from alembic import command
    from alembic.config import Config

    from infocus_graphql.cli.configuration import checkout
    from infocus_graphql.cli.databases import database
    from infocus_graphql.db import migrations

    root = checkout()
    if root is None:
        raise CliError("Migrations can only be generated in a checkout of the repository.")
    with database(read_settings(), as_owner=True) as used:
        asyncio.run(migrations.upgrade(used.url))
        config = Config(root / "alembic.ini", attributes={"url": _address(used.url)})
        command.revision(config, message, autogenerate=True)


@db.command()
def reset(yes: Yes = False) -> None:
    """Delete all data and apply all migrations; not available in production."""
    from infocus_graphql.cli.databases import database, migrate

    settings = read_settings()
    if settings.production:
        raise CliError("This command does not reset production databases.")
    with database(settings, as_owner=True) as used:
        _confirm(f"Delete all data in {used.name}?", yes=yes)
        asyncio.run(_empty(used.url))
        migrate(settings, used)
        typer.echo("The database is empty and migrated.")


@db.command()
def dump(file: Path) -> None:
    """Save the database to a file in pg_dump's custom format."""
    from infocus_graphql.cli.databases import database

    settings = read_settings()
    draft = file.with_name(f"{file.name}.part")
    with database(settings, as_owner=True) as used:
        try:
            draft.touch(mode=0o600)
            with draft.open("wb") as target:
                used.run_tool(settings, "pg_dump", "--format=custom", "--no-owner", "--no-acl", stdout=target)
            draft.replace(file)
        except OSError as error:
            raise CliError(f"{file} can't be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
    typer.echo(f"Saved {used.name} to {file} ({file.stat().st_size / 1_000_000:.1f} MB).")


@db.command()
def restore(file: Path, yes: Yes = False) -> None:
    """Replace the database's content with that of a file created by `infocus db dump`."""
    from infocus_graphql.cli.databases import database, grant_serving_role

    settings = read_settings()
    try:
        source = file.open("rb", buffering=0)  # pg_restore shares the file position
    except OSError as error:
        raise CliError(f"{file} can't be read: {error.strerror}.") from error
    with source, database(settings, as_owner=True) as used:
        if source.read(len(_MAGIC)) != _MAGIC:
            raise CliError(f"{file} was not created by `infocus db dump`.")
        _confirm(f"Replace all data in {used.name} with {file}?", yes=yes)
        source.seek(0)
        used.run_tool(settings, "pg_restore", *_RESTORE, f"--dbname={used.database}", stdin=source)
        grant_serving_role(settings, used.url)
    typer.echo(f"Restored {file}. Run `infocus db status` to check for pending migrations.")


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True)


def _compare(url: str) -> None:
    """Raises Alembic's CommandError if the tables differ from the models."""
    from alembic import command

    from infocus_graphql.db.migrations import alembic_config

    command.check(alembic_config(url=_address(url), timeouts={}))


def _address(url: str) -> str:
    """The URL as `migrations/env.py` expects it."""
    from infocus_graphql.db.addresses import normalise_url

    return normalise_url(url).render_as_string(hide_password=False)


async def _empty(url: str) -> None:
    from sqlalchemy import text

    from infocus_graphql.db.session_parameters import single_use_engine

    engine = single_use_engine(url, "infocus-command")
    try:
        async with engine.begin() as connection:
            for statement in _EMPTY:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()
