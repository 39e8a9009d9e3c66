"""Stores TMDB's lists: streaming services with their provider ids, and the names of genres."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Integer, Text, select, text

from infocus_graphql.core.folding import search_form
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.text import MAX_INT
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.catalogue.rows import values
from infocus_graphql.domains.catalogue.rows.brands import brand, slug
from infocus_graphql.domains.catalogue.rows.titles import Row
from infocus_graphql.domains.catalogue.writes.recordsets import Target, among, ids_by_tmdb_id, upsert
from infocus_graphql.domains.media.details import MAX_NAME, Genre, GenreName
from infocus_graphql.domains.media.models import Spelling, SpellingKind
from infocus_graphql.domains.streaming import models as streaming
from infocus_graphql.domains.streaming.models import StreamingService, TmdbProvider
from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.records import TitleType

_UNKNOWN_PRIORITY: Final = 1000
_NEW_SERVICES: Final = Target(StreamingService, ("slug",), ("name",), once=("id", "logo_path"))
_SERVICES: Final = Target(StreamingService, ("id",), ("name", "slug", "logo_path", "regions", "priority"))
_PROVIDERS: Final = Target(TmdbProvider, ("tmdb_id",), ("streaming_service_id", "name"))
_GENRES: Final = Target(Genre, ("tmdb_id",), ("name", "for_movies", "for_series"), once=("id",))
_GENRE_NAMES: Final = Target(GenreName, ("genre_id", "language"), ("name",))
_SPELL: Final = text("SELECT spelled(CAST(:kind AS spelling_kind), CAST(:names AS text[]))")
# One worker at a time adds services, so that no brand is added twice.
_LOCK_SERVICES: Final = text("SELECT pg_advisory_xact_lock(5102237791)")


async def spellings(work: UnitOfWork, kind: SpellingKind, names: Iterable[str]) -> dict[str, str]:
    """The spelling of each name in the catalogue; new names are added as they are."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    forms = {name: search_form(name) for name in wanted}
    found = await _stored_spellings(work, kind, forms.values())
    unknown = [name for name, form in forms.items() if form not in found]
    if unknown:
        await work.session.execute(_SPELL, {"kind": kind.value, "names": unknown})
        found |= await _stored_spellings(work, kind, forms.values())
    return {name: found.get(form, name) for name, form in forms.items()}


async def _stored_spellings(work: UnitOfWork, kind: SpellingKind, forms: Iterable[str]) -> dict[str, str]:
    columns: list[Any] = [Spelling.key, Spelling.name]
    found = select(*columns).where(Spelling.kind == kind, Spelling.key == among(set(forms), Text))
    return {key: name for key, name in await work.session.execute(found)}


async def services_of(work: UnitOfWork, offers: Iterable[records.Offer]) -> dict[int, tuple[str, str]]:
    """Our service of each provider of TMDB's: its id and its name. Unknown providers become services."""
    offered = {each.provider_id: each for each in offers if 0 < each.provider_id <= MAX_INT}
    found = await _known_services(work, offered)
    unknown = [
        records.Provider(each.provider_id, each.provider, each.logo_path, {})
        for each in offered.values()
        if each.provider_id not in found
    ]
    if unknown:
        await _add_providers(work, unknown)
        found = await _known_services(work, offered)
    # An operator may have changed the spelling of a service; a trigger applies it to offers.
    spelled = await spellings(work, SpellingKind.SERVICE, [name for _, name in found.values()])
    return {provider: (key, spelled[name]) for provider, (key, name) in found.items()}


async def store_services(work: UnitOfWork, providers: Sequence[records.Provider]) -> None:
    """Stores the streaming services of TMDB's lists for films and for series.

    A service has the regions of all its providers, and the logo and the priority of the first of them.
    """
    known = [each for each in providers if 0 < each.id <= MAX_INT]
    await _add_providers(work, known)
    services = await _known_services(work, [each.id for each in known])
    brands: dict[str, list[records.Provider]] = {}
    for each in sorted(known, key=lambda provider: (_priority(provider), provider.id)):
        if each.id in services:
            brands.setdefault(services[each.id][0], []).append(each)
    stored = await work.session.execute(
        select(StreamingService.id, StreamingService.name, StreamingService.slug).where(
            StreamingService.id == among(brands, Text)
        )
    )
    rows = [_service_row(brands[key], key, name, slug) for key, name, slug in stored]
    spelled = await spellings(work, SpellingKind.SERVICE, [row["name"] for row in rows])
    for row in rows:
        row["name"] = spelled[row["name"]]
    await upsert(work, _SERVICES, rows)


async def store_genres(
    work: UnitOfWork, names: Mapping[TitleType, Mapping[str, Sequence[records.Genre]]]
) -> None:
    """Stores the genres of films and of series, whose names are given by language. English is required."""
    rows: dict[int, Row] = {}
    for kind, by_language in names.items():
        for genre in by_language["en"]:
            name = values.line(genre.name, MAX_NAME)
            if name is not None and 0 < genre.id <= MAX_INT:
                new = {"id": new_id("ge"), "tmdb_id": genre.id, "for_movies": False, "for_series": False}
                row = rows.setdefault(genre.id, new)
                row["name"] = name
                row["for_movies" if kind is TitleType.MOVIE else "for_series"] = True
    spelled = await spellings(work, SpellingKind.GENRE, [row["name"] for row in rows.values()])
    for row in rows.values():
        row["name"] = spelled[row["name"]]
    genre_ids = await ids_by_tmdb_id(work, _GENRES, list(rows.values()))
    translated = {
        (genre_ids[genre.id], language): values.line(genre.name, MAX_NAME)
        for by_language in names.values()
        for language, genres in by_language.items()
        for genre in genres
        if genre.id in genre_ids
    }
    found = [
        {"genre_id": genre_id, "language": language, "name": name}
        for (genre_id, language), name in translated.items()
        if name is not None
    ]
    await upsert(work, _GENRE_NAMES, found)


async def _known_services(work: UnitOfWork, provider_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    columns: list[Any] = [TmdbProvider.tmdb_id, StreamingService.id, StreamingService.name]
    found = await work.session.execute(
        select(*columns)
        .join(StreamingService, StreamingService.id == TmdbProvider.streaming_service_id)
        .where(TmdbProvider.tmdb_id == among(provider_ids, Integer))
    )
    return {tmdb_id: (key, name) for tmdb_id, key, name in found}


async def _add_providers(work: UnitOfWork, providers: Sequence[records.Provider]) -> None:
    """Adds providers, with a service for each brand that is new. Known ones keep their service."""
    await work.session.execute(_LOCK_SERVICES)
    brands = {each.id: name for each in providers if (name := brand(each.id, each.name)) is not None}
    spelled = await spellings(work, SpellingKind.SERVICE, brands.values())
    brands = {key: spelled[name] for key, name in brands.items()}
    known = await _known_services(work, brands)
    names: list[Any] = [StreamingService.name, StreamingService.id, StreamingService.slug]
    stored = (await work.session.execute(select(*names))).all()
    services = {search_form(name): key for name, key, _ in stored}
    slugs = {slug for *_, slug in stored}
    added: list[Row] = []
    for each in providers:
        name = brands.get(each.id)
        if name is not None and each.id not in known and search_form(name) not in services:
            row = {
                "id": new_id("ss"),
                "name": name,
                "slug": _free_slug(name, slugs),
                "logo_path": _logo(each),
            }
            services[search_form(name)] = row["id"]
            slugs.add(row["slug"])
            added.append(row)
    await upsert(work, _NEW_SERVICES, added)
    rows = [
        {
            "tmdb_id": each.id,
            "streaming_service_id": known[each.id][0] if each.id in known else services[search_form(name)],
            "name": values.line(each.name, streaming.MAX_NAME) or name,
        }
        for each in providers
        if (name := brands.get(each.id)) is not None
    ]
    await upsert(work, _PROVIDERS, list({row["tmdb_id"]: row for row in rows}.values()))


def _free_slug(name: str, taken: set[str]) -> str:
    wanted = slug(name)
    number, found = 1, wanted
    while found in taken:
        number += 1
        suffix = f"-{number}"
        found = wanted[: streaming.MAX_SLUG - len(suffix)] + suffix
    return found


def _service_row(providers: Sequence[records.Provider], key: str, name: str, slug: str) -> Row:
    regions = {code for each in providers for code in each.priorities if values.country(code)}
    return {
        "id": key,
        "name": name,
        "slug": slug,
        "logo_path": next((logo for each in providers if (logo := _logo(each)) is not None), None),
        "regions": sorted(regions),
        "priority": _priority(providers[0]),
    }


def _priority(provider: records.Provider) -> int:
    """The provider's best place in the order of any country."""
    return min((place for place in provider.priorities.values() if place >= 0), default=_UNKNOWN_PRIORITY)


def _logo(provider: records.Provider) -> str | None:
    return values.whole_line(provider.logo_path, streaming.MAX_PATH)
