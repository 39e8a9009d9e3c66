"""`infocus seed`: demo data, and a large data set for benchmarks."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from infocus_graphql.cli.configuration import read_settings
from infocus_graphql.cli.errors import CliError

if TYPE_CHECKING:
    from infocus_graphql.seeding.report import SeedReport
    from infocus_graphql.settings import Settings

seed = typer.Typer(help="Load data into the database.", no_args_is_help=True)

_LARGE_PASSWORD = "large-data-set"  # noqa: S105 - of generated users in a benchmark database


@seed.command()
def demo() -> None:
    """Load a small demo data set with accounts to sign in with."""
    from infocus_graphql.cli.databases import database
    from infocus_graphql.seeding.demo import DEMO_ACCOUNTS

    settings = _not_production()
    with database(settings) as used:
        created = asyncio.run(_seed_demo(settings, used.url))
    typer.echo("Loaded the demo data." if created else "The demo data is already loaded.")
    for account in DEMO_ACCOUNTS:
        typer.echo(f"{account.label}: {account.email}, {account.password}")


@seed.command()
def large(
    scale: Annotated[float, typer.Option(min=0.001, help="Size; 1 is a million entries.")] = 1.0,
) -> None:
    """Load 20,000 users with 1,000,000 watchlist entries, for benchmarks."""
    from infocus_graphql.cli.databases import database

    settings = _not_production()
    with database(settings, as_owner=True) as used:  # only an owner may ANALYZE
        report = asyncio.run(_seed_large(settings, used.url, scale))
    if not report.created:
        typer.echo("The large data set is already loaded; nothing was changed.")
        return
    rows = sum(report.counts.values())
    typer.echo(f"{rows:,} rows in {report.seconds:.0f} s. Password of all users: {_LARGE_PASSWORD}")


def _not_production() -> "Settings":
    settings = read_settings()
    if settings.production:
        raise CliError("This command does not load generated data into production databases.")
    return settings


async def _seed_demo(settings: "Settings", url: str) -> bool:
    from infocus_graphql.cli.services import open_services
    from infocus_graphql.seeding.demo import seed_demo

    async with open_services(settings, url) as services:
        return (await seed_demo(services)).created


async def _seed_large(settings: "Settings", url: str, scale: float) -> "SeedReport":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    from infocus_graphql.security.passwords import Passwords
    from infocus_graphql.seeding.large import seed_large

    passwords = Passwords(settings)
    password_hash = await passwords.hash(_LARGE_PASSWORD)
    passwords.close()
    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns) as bars:
        tasks: dict[str, TaskID] = {}

        def show(table: str, done: int, total: int) -> None:
            if table not in tasks:
                tasks[table] = bars.add_task(table, total=total)
            bars.update(tasks[table], completed=done)

        return await seed_large(url, progress=show, password_hash=password_hash, scale=scale)
