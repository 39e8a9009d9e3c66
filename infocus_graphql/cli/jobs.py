"""`infocus jobs`: counts jobs, and retries or deletes dead letters."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from infocus_graphql.cli.configuration import read_settings
from infocus_graphql.cli.errors import CliError
from infocus_graphql.core.clock import rfc3339

if TYPE_CHECKING:
    from infocus_graphql.db.database import Database, ReadUnit, UnitOfWork
    from infocus_graphql.jobs.queue import Counts, DeadLetter

    Change = Callable[[UnitOfWork, Sequence[int]], Awaitable[list[int]]]

T = TypeVar("T")

jobs = typer.Typer(help="Manage background jobs.", no_args_is_help=True)
Ids = Annotated[list[int] | None, typer.Argument(help="Ids of dead letters.")]
All = Annotated[bool, typer.Option("--all", help="All dead letters.")]


@jobs.command("list")
def show() -> None:
    """Count the jobs, and list those that failed permanently (dead letters)."""
    counts, dead = _with_database(lambda database: database.read(_read))
    typer.echo(
        f"{counts.waiting} waiting, {counts.delayed} delayed, {counts.running} running, {counts.dead} dead."
    )
    for each in dead:
        failed = rfc3339(each.failed_at)
        typer.echo(f"  {each.id}  {each.kind}  failed {failed}, attempt {each.attempts}: {each.reason}")


@jobs.command()
def retry(ids: Ids = None, all_: All = False) -> None:
    """Retry dead letters, with all their attempts."""
    from infocus_graphql.jobs import queue

    changed, chosen = _with_database(
        lambda database: database.transaction(_change, queue.retry, ids, all_=all_)
    )
    typer.echo(f"{changed} of {chosen} will be retried.")
    if changed < chosen:
        raise CliError("The others are not dead letters, or a newer job has replaced them.")


@jobs.command()
def drop(
    ids: Ids = None,
    all_: All = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
) -> None:
    """Delete dead letters permanently."""
    from infocus_graphql.jobs import queue

    if not yes:
        typer.confirm("Delete them permanently?", abort=True)
    changed, chosen = _with_database(
        lambda database: database.transaction(_change, queue.drop, ids, all_=all_)
    )
    typer.echo(f"{changed} of {chosen} deleted.")
    if changed < chosen:
        raise CliError("The others are not dead letters.")


async def _read(unit: "ReadUnit") -> "tuple[Counts, list[DeadLetter]]":
    from infocus_graphql.jobs import queue

    return await queue.counts(unit), await queue.dead_letters(unit)


async def _change(
    work: "UnitOfWork", change: "Change", ids: list[int] | None, *, all_: bool
) -> tuple[int, int]:
    """The number of changed jobs, and of those chosen."""
    from infocus_graphql.jobs import queue

    if bool(ids) == all_:
        raise CliError("Give the ids of dead letters (see `infocus jobs list`), or --all.")
    chosen = list(dict.fromkeys(ids or [each.id for each in await queue.dead_letters(work)]))
    return len(await change(work, chosen)), len(chosen)


def _with_database(use: "Callable[[Database], Awaitable[T]]") -> T:
    from infocus_graphql.cli.databases import database
    from infocus_graphql.cli.services import open_services

    settings = read_settings()

    async def run(url: str) -> T:
        async with open_services(settings, url) as services:
            return await use(services.database)

    with database(settings) as used:
        return asyncio.run(run(used.url))
