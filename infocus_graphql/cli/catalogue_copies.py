"""`infocus catalogue import`, `refresh` and `stats`: the copies of TMDB's titles in the database."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from infocus_graphql.cli.configuration import read_settings
from infocus_graphql.cli.errors import CliError
from infocus_graphql.core.clock import rfc3339

if TYPE_CHECKING:
    from infocus_graphql.domains.catalogue.refreshing.titles import Outcome
    from infocus_graphql.graph.context import Services
    from infocus_graphql.settings import Settings
    from infocus_graphql.tmdb.client import TmdbClient
    from infocus_graphql.tmdb.records import TitleType

T = TypeVar("T")

_KINDS: Final = {"movie_ids": "movie", "tv_series_ids": "tv"}
# Counting takes a tenth of a second if a million titles are left.
_COUNT_SECONDS: Final = 2.0
_REFRESH_SECONDS: Final = 24 * 3600.0
TypeArgument = Annotated[str | None, typer.Argument(metavar="[TYPE", help="`movie` or `tv`.")]
IdArgument = Annotated[int | None, typer.Argument(metavar="TMDB-ID]", help="The title's id at TMDB.")]


def import_titles(
    popular: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The N most popular titles: half films, half series."),
    ] = None,
    from_export: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="A daily id export of TMDB, such as movie_ids_05_15_2026.json.gz. With --popular, its most "
            "popular titles.",
        ),
    ] = None,
) -> None:
    """Import many titles from TMDB, with all their details.

    It can be interrupted and run again: it continues with the titles that are left. Several imports at the
    same time share the titles, and the rate limit.
    """
    from infocus_graphql.domains.catalogue.refreshing.importing import MAX_POPULAR

    if popular is None and from_export is None:
        raise CliError("Give --popular, --from-export, or both.")
    if from_export is None and popular is not None and popular > MAX_POPULAR:
        raise CliError(f"TMDB lists {MAX_POPULAR:,} popular titles. For more, use --from-export.")
    if from_export is not None:
        _export_kind(from_export)  # before anything is opened
    outcome = with_tmdb(lambda services, tmdb: _import(services, tmdb, popular, from_export))
    _print(outcome)


def refresh(
    kind: TypeArgument = None,
    tmdb_id: IdArgument = None,
    due: Annotated[bool, typer.Option("--due", help="All titles that are due.")] = False,
) -> None:
    """Refresh one title now, or all titles that are due."""
    from infocus_graphql.domains.catalogue.refreshing.titles import Refresher, refresh_due

    if (tmdb_id is not None) == due:
        raise CliError("Give the type and the TMDB id of a title, or --due.")

    async def run(services: "Services", tmdb: "TmdbClient") -> "Outcome":
        if tmdb_id is None:
            return await refresh_due(services.database, tmdb.bulk(), seconds=_REFRESH_SECONDS)
        return await Refresher(services.database, tmdb).refresh((title_type(kind), tmdb_id))

    outcome = with_tmdb(run)
    _print(outcome)
    if tmdb_id is not None and not outcome.stored:
        raise CliError("The title was not stored: TMDB has no such title, or its response can't be used.")


def stats() -> None:
    """Count the titles of the catalogue and their details."""
    from infocus_graphql.domains.catalogue.reads import catalogue_counts, catalogue_syncs

    async def run(services: "Services") -> None:
        for name, number in (await services.database.read(catalogue_counts)).items():
            typer.echo(f"{name.replace('_', ' '):24} {number:>12,}")
        for name, at in (await services.database.read(catalogue_syncs)).items():
            typer.echo(f"{name.replace('_', ' ') + ' read until':24} {rfc3339(at)}")

    with_services(run)


def title_type(kind: str | None) -> "TitleType":
    """The type of titles that an argument names."""
    from infocus_graphql.tmdb.records import TitleType

    if kind not in {each.value for each in TitleType}:
        raise typer.BadParameter("it is `movie` or `tv`", param_hint="TYPE")
    return TitleType(kind)


def with_services(use: "Callable[[Services], Awaitable[T]]", settings: "Settings | None" = None) -> T:
    """Runs `use` with the services on the configured database."""
    from infocus_graphql.cli.databases import database, ended_by_signals
    from infocus_graphql.cli.services import open_services

    configured = settings or read_settings()

    async def run(url: str) -> T:
        async with open_services(configured, url) as services:
            return await use(services)

    with ended_by_signals(), database(configured) as used:
        return asyncio.run(run(used.url))


def with_tmdb(use: "Callable[[Services, TmdbClient], Awaitable[T]]") -> T:
    """Runs `use` with the services and the TMDB client.

    Without a key, it fails, unless the database is that of `infocus dev`: then it uses a local TMDB, too.
    """
    from infocus_graphql.cli.tmdb_source import catalogue_source

    async def run(services: "Services") -> T:
        if services.tmdb is None:
            raise CliError("There is no key for TMDB: set INFOCUS_TMDB_KEY.")
        return await use(services, services.tmdb)

    settings = read_settings()
    if settings.tmdb_key is not None or settings.database_url is not None:
        return with_services(run, settings)
    with catalogue_source(settings) as (local, name):
        typer.echo(f"TMDB: {name}.", err=True)
        return with_services(run, local)


async def _import(
    services: "Services", tmdb: "TmdbClient", popular: int | None, from_export: Path | None
) -> "Outcome":
    from infocus_graphql.domains.catalogue.refreshing import importing
    from infocus_graphql.domains.catalogue.refreshing.lists import sync_lists
    from infocus_graphql.tmdb.exports import ExportFile

    database = services.database
    await sync_lists(database, tmdb)
    if from_export is None:
        listed = await importing.request_popular(database, tmdb, popular or 0)
    else:
        export = ExportFile(from_export)
        listed = await importing.request_exported(database, export, _export_kind(from_export), popular)
        if export.skipped or not export.is_complete:
            typer.echo(f"The file is incomplete, or {export.skipped} lines can't be read.", err=True)
    left = await database.read(importing.count_requested)
    typer.echo(f"{listed:,} titles listed, {left:,} to fetch.")
    return await _show_progress(services, tmdb, left)


async def _show_progress(services: "Services", tmdb: "TmdbClient", left: int) -> "Outcome":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from infocus_graphql.domains.catalogue.refreshing import importing

    columns = (TextColumn("titles"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bars:
        task = bars.add_task("titles", total=left)

        counted = 0.0

        async def show(_: "Outcome") -> None:
            nonlocal counted
            if monotonic() - counted < _COUNT_SECONDS:
                return
            counted = monotonic()
            # Other imports fetch some of them.
            remaining = await services.database.read(importing.count_requested)
            bars.update(task, completed=left - remaining, total=max(left, remaining))

        outcome = await importing.import_requested(services.database, tmdb.bulk(), show)
        bars.update(task, completed=left)
        return outcome


def _export_kind(path: Path) -> "TitleType":
    """The type of the titles of an export, by the name of the file."""
    from infocus_graphql.tmdb.records import TitleType

    for name, kind in _KINDS.items():
        if path.name.startswith(name):
            return TitleType(kind)
    raise CliError("The name of the file must begin with movie_ids or tv_series_ids, as at TMDB.")


def _print(outcome: "Outcome") -> None:
    typer.echo(
        f"{outcome.stored:,} stored, {outcome.missing:,} not at TMDB, {outcome.unwanted:,} not wanted, "
        f"{outcome.failed:,} failed and due again later."
    )
