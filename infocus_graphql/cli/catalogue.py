"""`infocus catalogue`: what TMDB has about titles, and the copies in the database."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from infocus_graphql.cli import catalogue_copies
from infocus_graphql.cli.configuration import read_settings
from infocus_graphql.cli.errors import CliError
from infocus_graphql.core.clock import rfc3339

if TYPE_CHECKING:
    from infocus_graphql.graph.context import Services
    from infocus_graphql.tmdb.client import TmdbClient
    from infocus_graphql.tmdb.records import Title, TitleType

catalogue = typer.Typer(help="Manage the copies of TMDB's titles.", no_args_is_help=True)

# Type, id, title, year of release, and number of seasons. These don't change any more.
_KNOWN: Final = (
    ("movie", 550, "Fight Club", 1999, 0),
    ("movie", 278, "The Shawshank Redemption", 1994, 0),
    ("movie", 129, "Spirited Away", 2001, 0),
    ("movie", 194, "Amélie", 2001, 0),
    ("movie", 348, "Alien", 1979, 0),
    ("movie", 496243, "Parasite", 2019, 0),
    ("movie", 582, "The Lives of Others", 2006, 0),
    ("tv", 1396, "Breaking Bad", 2008, 5),
    ("tv", 1399, "Game of Thrones", 2011, 8),
    ("tv", 70523, "Dark", 2017, 3),
    ("tv", 87108, "Chernobyl", 2019, 1),
    ("tv", 1438, "The Wire", 2002, 5),
)
# Fields that titles of the list may lack.
_OPTIONAL: Final = {"ended_on", "collection", "next_episode", "tagline", "homepage", "seasons"}
_SHOWN: Final = 100


catalogue.command("import")(catalogue_copies.import_titles)
catalogue.command()(catalogue_copies.refresh)
catalogue.command()(catalogue_copies.stats)


@catalogue.command()
def show(kind: Annotated[str, typer.Argument(metavar="TYPE", help="`movie` or `tv`.")], tmdb_id: int) -> None:
    """Print what TMDB has about a title, and where the catalogue's copy differs."""
    title, stored = catalogue_copies.with_tmdb(
        lambda services, tmdb: _title(services, tmdb, catalogue_copies.title_type(kind), tmdb_id)
    )
    for name, value in _values(title).items():
        typer.echo(f"{name:18} {_short(value)}")
    if stored is None:
        typer.echo("The catalogue does not have this title.")
    else:
        fetched = stored["fetched_at"]
        typer.echo(
            f"The catalogue has it as {stored['id']}, fetched {(fetched and rfc3339(fetched)) or 'never'}."
        )
        for line in _differences(title, stored):
            typer.echo(f"  {line}")
    _echo_attribution()


@catalogue.command()
def verify() -> None:
    """Fetch a dozen well-known titles, and check every field and list that is read from TMDB.

    Run it once with your key: the tests of this project only know a local TMDB and recorded responses.
    """
    wrong = asyncio.run(_verify())
    _echo_attribution()
    if wrong:
        typer.echo(f"{wrong} checks failed.", err=True)
        raise typer.Exit(1)
    typer.echo(f"All {len(_KNOWN)} titles and all lists are as expected.")


async def _title(
    services: "Services", tmdb: "TmdbClient", kind: "TitleType", tmdb_id: int
) -> "tuple[Title, Mapping[str, Any] | None]":
    from infocus_graphql.domains.catalogue.reads import stored_title

    title = await tmdb.title(kind, tmdb_id)
    return title, await services.database.read(stored_title, kind.value, tmdb_id)


def _differences(title: "Title", stored: Mapping[str, Any]) -> Iterator[str]:
    """The columns whose values differ, and the lists whose lengths do."""
    from infocus_graphql.domains.catalogue.rows import parts, titles

    row = titles.title_row(title)
    for name in sorted(stored.keys() & row.keys() - {"id"}):
        # Keywords and creators are None if TMDB didn't send them.
        if row[name] != stored[name] and not (row[name] is None and isinstance(stored[name], list)):
            yield f"{name}: {_short(stored[name])}, at TMDB {_short(row[name])}"
    seasons = parts.storable_seasons(title.seasons)
    lists = {
        "translations": titles.translation_rows("", title),
        "certifications": titles.certification_rows("", title),
        "videos": titles.video_rows("", title),
        "similar": titles.similar_rows("", title),
        "credits": parts.shown_credits(title),
        "seasons": seasons,
        "episodes": [each for season in seasons for each in parts.storable_episodes(season)],
    }
    for name, found in lists.items():
        if found is not None and len(found) != stored[name]:
            yield f"{name}: {stored[name]}, at TMDB {len(found)}"


async def _verify() -> int:
    from infocus_graphql.cli.tmdb_checks import check_lists
    from infocus_graphql.tmdb.errors import TmdbError
    from infocus_graphql.tmdb.records import TitleType

    wrong = 0
    async with _client() as client:
        for kind, tmdb_id, name, year, seasons in _KNOWN:
            try:
                title = await client.title(TitleType(kind), tmdb_id)
            except TmdbError as error:
                problems = [str(error)]
            else:
                problems = list(_problems(title, name, year, seasons))
            typer.echo(f"{'ok  ' if not problems else 'FAIL'}  {kind:5} {tmdb_id:<7} {name}")
            for problem in problems:
                typer.echo(f"      {problem}")
            wrong += bool(problems)
        async for name, failure in check_lists(client, read_settings()):
            typer.echo(f"{'ok  ' if failure is None else 'FAIL'}  {name}{f': {failure}' if failure else ''}")
            wrong += failure is not None
    return wrong


def _problems(title: "Title", name: str, year: int, seasons: int) -> list[str]:
    found = [f"{field}: missing" for field, value in _values(title).items() if _is_missing(field, value)]
    if title.title != name:
        found.append(f"title: {title.title!r}, expected {name!r}")
    if title.released_on is not None and title.released_on.year != year:
        found.append(f"released_on: {title.released_on}, expected {year}")
    numbers = [season.number for season in title.seasons if season.number > 0]
    if len(numbers) != seasons:
        found.append(f"seasons: {len(numbers)}, expected {seasons}")
    found += [f"season {each.number}: no episodes" for each in title.seasons if not each.episodes]
    return found


def _is_missing(field: str, value: object) -> bool:
    return value is None or value == () if field not in _OPTIONAL else False


def _values(title: "Title") -> dict[str, Any]:
    return {field.name: getattr(title, field.name) for field in fields(title)}


def _short(value: Any) -> str:
    """A value on one line; of long lists, their length and how they begin."""
    length = f"({len(value)}) " if isinstance(value, tuple) else ""
    text = f"{length}{value}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"


def _echo_attribution() -> None:
    from infocus_graphql.tmdb import ATTRIBUTION, OFFERS_ATTRIBUTION

    typer.echo(f"{ATTRIBUTION} {OFFERS_ATTRIBUTION}")


@asynccontextmanager
async def _client() -> "AsyncIterator[TmdbClient]":
    from infocus_graphql.tmdb.opening import tmdb_client

    client = tmdb_client(read_settings())
    if client is None:
        raise CliError("There is no key for TMDB: set INFOCUS_TMDB_KEY.")
    async with client:
        yield client
