"""The checks of `infocus catalogue verify` for searches, filters, lists and exports."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from infocus_graphql.settings import Settings
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.discovery import Discovery
from infocus_graphql.tmdb.errors import TmdbError
from infocus_graphql.tmdb.exports import download_export
from infocus_graphql.tmdb.records import OfferType, TitleType

_FIGHT_CLUB: Final = (TitleType.MOVIE, 550)
_COMEDY: Final = 35
_NETFLIX: Final = 8
# Checks return what is wrong, or None.
_Check: TypeAlias = Callable[[TmdbClient], Awaitable[str | None]]


async def check_lists(client: TmdbClient, settings: Settings) -> AsyncIterator[tuple[str, str | None]]:
    """Yields the name of each check, and what is wrong, if anything."""
    for name, check in _CHECKS.items():
        try:
            yield name, await check(client)
        except TmdbError as error:
            yield name, str(error)
    try:
        yield "export", await _export(settings.tmdb_exports_url)
    except TmdbError as error:
        yield "export", str(error)


async def _search(client: TmdbClient) -> str | None:
    found = await client.search("fight club", language="de-DE")
    if _FIGHT_CLUB not in {(each.type, each.id) for each in found.titles}:
        return "Fight Club is not found"
    nothing = await client.search("qzxv no title has this name", language="en")
    return None if (nothing.titles, nothing.pages) == ((), 0) else "a search without hits has pages"


async def _find(client: TmdbClient) -> str | None:
    found = await client.find_by_imdb("tt0137523")
    return None if [(each.type, each.id) for each in found.titles] == [_FIGHT_CLUB] else f"found {found}"


async def _discover(client: TmdbClient) -> str | None:
    wanted = Discovery(
        all_genres=(_COMEDY,),
        released_from=date(1990, 1, 1),
        released_until=date(1999, 12, 31),
        min_rating=7.0,
        min_votes=100,
        original_language="en",
    )
    found = (await client.discover(TitleType.MOVIE, wanted, language="en")).titles
    if not found:
        return "no titles"
    wrong = [
        each.title
        for each in found
        if _COMEDY not in each.genre_ids
        or each.released_on is None
        or each.released_on.year // 10 != 199
        or (each.rating or 0) < 7
        or each.votes < 100
        or each.original_language != "en"
    ]
    return f"these don't match: {wrong}" if wrong else None


async def _offered(client: TmdbClient) -> str | None:
    """TMDB ignores filters that it doesn't know, so they must have an effect."""
    every = await client.discover(TitleType.MOVIE, Discovery(), language="en")
    offered = Discovery(region="DE", services=(_NETFLIX,), offer_types=(OfferType.SUBSCRIPTION,))
    young = Discovery(certification_country="DE", max_certification="6")
    for name, discovery in (("services", offered), ("certifications", young)):
        found = await client.discover(TitleType.MOVIE, discovery, language="en")
        if not 0 < found.total < every.total:
            return f"{name}: {found.total} of {every.total} titles"
    return None


async def _popular(client: TmdbClient) -> str | None:
    for kind in TitleType:
        page = await client.popular(kind, language="en", page=2)
        trending = await client.trending(kind=kind, language="en")
        if not page.titles or not trending.titles or {each.type for each in page.titles} != {kind}:
            return f"no titles of the type {kind.value}"
    return None


async def _changes(client: TmdbClient) -> str | None:
    today = datetime.now(UTC).date()
    page = await client.changes(TitleType.MOVIE, today - timedelta(days=1), today)
    return None if page.changes and page.pages else "no changes since yesterday"


async def _genres(client: TmdbClient) -> str | None:
    names = {each.id: each.name for each in await client.genres(TitleType.MOVIE, language="de")}
    return None if names.get(_COMEDY) == "Komödie" else f"the German name of comedy: {names.get(_COMEDY)}"


async def _providers(client: TmdbClient) -> str | None:
    found = {each.id: each for each in await client.providers(TitleType.MOVIE)}
    if _NETFLIX not in found or not found[_NETFLIX].priorities:
        return "Netflix is missing, or has no priorities"
    regions = await client.provider_regions()
    return None if {"US", "DE"} <= set(regions) else f"regions: {regions}"


async def _certifications(client: TmdbClient) -> str | None:
    ranks = {
        each.rating: each.rank
        for each in await client.certifications(TitleType.MOVIE)
        if each.country == "US"
    }
    return None if ranks.get("PG", 0) < ranks.get("R", 0) else f"ranks: {ranks}"


async def _images(client: TmdbClient) -> str | None:
    found = await client.image_configuration()
    return None if "w342" in found.poster_sizes else f"sizes of posters: {found.poster_sizes}"


async def _export(url: str) -> str | None:
    with tempfile.TemporaryDirectory(prefix="infocus-") as folder:
        today = datetime.now(UTC).date()
        export = await download_export(TitleType.TV, today, Path(folder) / "ids.json.gz", url=url)
        best = export.most_popular(1)
        if not best or export.skipped or not export.is_complete:
            return f"{export.skipped} lines can't be read; complete: {export.is_complete}"
    return None


_CHECKS: Final[dict[str, _Check]] = {
    "search": _search,
    "ids at IMDb": _find,
    "discover": _discover,
    "discover by service and certification": _offered,
    "popular and trending titles": _popular,
    "changes": _changes,
    "genres": _genres,
    "services": _providers,
    "certifications": _certifications,
    "image sizes": _images,
}
