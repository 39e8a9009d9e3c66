"""Stores results of searches and lists as titles of the catalogue, without their details."""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import select, text

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.catalogue.rows import values
from infocus_graphql.domains.catalogue.rows.languages import default_country
from infocus_graphql.domains.catalogue.rows.refresh_times import rest
from infocus_graphql.domains.catalogue.rows.titles import Row, storable, summary_row
from infocus_graphql.domains.catalogue.writes.recordsets import incoming, listed, run
from infocus_graphql.domains.media.details import Genre, MediaTranslation
from infocus_graphql.domains.media.models import MAX_DESCRIPTION, MAX_TITLE, MediaItem, MediaType
from infocus_graphql.tmdb import records

Ref: TypeAlias = tuple[MediaType, int]

_GAPS: Final = (
    *("original_title", "original_language", "description", "poster_path", "backdrop_path"),
    *("release_date", "rating", "popularity"),
)
_COLUMNS: Final = ("id", "tmdb_type", "tmdb_id", "title", *_GAPS, "vote_count", "genres")
_FILL: Final = ", ".join(
    [f"{name} = coalesce(stored.{name}, excluded.{name})" for name in _GAPS]
    + [
        "vote_count = CASE WHEN stored.vote_count = 0 THEN excluded.vote_count ELSE stored.vote_count END",
        "genres = CASE WHEN stored.genres = '{}' THEN excluded.genres ELSE stored.genres END",
    ]
)
_FETCHED: Final = """EXISTS (
    SELECT FROM title_fetches AS done WHERE done.tmdb_type = old.tmdb_type AND done.tmdb_id = old.tmdb_id
    AND done.fetched_at IS NOT NULL)"""
_SAME: Final = "old.tmdb_type = incoming.tmdb_type AND old.tmdb_id = incoming.tmdb_id"
_NO_GAPS: Final = " AND ".join(
    [f"(old.{name} IS NOT NULL OR incoming.{name} IS NULL)" for name in _GAPS]
    + [
        "(old.vote_count > 0 OR incoming.vote_count = 0)",
        "(old.genres <> '{}' OR incoming.genres = '{}')",
    ]
)
_STORE: Final = text(f"""
    WITH incoming AS MATERIALIZED ({incoming(MediaItem, _COLUMNS, refresh_at="timestamptz")}),
    fetches AS (
        -- A fetch that failed has left a row without a time for the next one.
        INSERT INTO title_fetches AS done (tmdb_type, tmdb_id, refresh_at)
        SELECT tmdb_type, tmdb_id, refresh_at FROM incoming
        WHERE NOT EXISTS (SELECT FROM title_fetches AS old WHERE {_SAME} AND old.refresh_at IS NOT NULL)
        ORDER BY tmdb_type, tmdb_id
        ON CONFLICT (tmdb_type, tmdb_id) DO UPDATE SET refresh_at = excluded.refresh_at
        WHERE done.refresh_at IS NULL
    ), written AS (
        INSERT INTO media_items AS stored ({listed(_COLUMNS)}) SELECT {listed(_COLUMNS)} FROM incoming
        WHERE NOT EXISTS (SELECT FROM media_items AS old WHERE {_SAME} AND ({_FETCHED} OR {_NO_GAPS}))
        ORDER BY tmdb_type, tmdb_id
        ON CONFLICT (tmdb_type, tmdb_id) DO UPDATE SET {_FILL}
        RETURNING stored.tmdb_type, stored.tmdb_id, stored.id
    )
    SELECT tmdb_type, tmdb_id, id FROM written
    UNION ALL
    SELECT old.tmdb_type, old.tmdb_id, old.id FROM media_items AS old JOIN incoming ON {_SAME}
    WHERE old.id NOT IN (SELECT id FROM written)
""")  # noqa: S608 - names of columns
_TEXTS: Final = ("language", "country", "title", "description")
# TMDB returns the English or the original title if it has no translation: such texts are not stored.
_TRANSLATED: Final = f"""WITH incoming AS MATERIALIZED (
    {incoming(MediaTranslation, _TEXTS, tmdb_type="media_type", tmdb_id="integer")}
), new AS (
    SELECT old.id, incoming.*, nullif(nullif(incoming.title, old.title), old.original_title) AS own_title,
        nullif(incoming.description, old.description) AS own_description
    FROM incoming JOIN media_items AS old USING (tmdb_type, tmdb_id)
    WHERE NOT {_FETCHED} AND NOT EXISTS (
        SELECT FROM media_translations AS its WHERE its.media_item_id = old.id
        AND its.language = incoming.language AND its.country = incoming.country)
), worth AS (SELECT * FROM new WHERE own_title IS NOT NULL OR own_description IS NOT NULL)"""  # noqa: S608 - names of columns
_UNTRANSLATED: Final = text(f"{_TRANSLATED} SELECT EXISTS (SELECT FROM worth)")  # noqa: S608 - names of columns
_TRANSLATE: Final = text(f"""{_TRANSLATED}
    INSERT INTO media_translations (media_item_id, language, country, is_default, title, description)
    SELECT id, language, country, language <> 'en' AND NOT EXISTS (
        SELECT FROM media_translations AS its
        WHERE its.media_item_id = worth.id AND its.language = worth.language AND its.is_default
    ), own_title, own_description FROM worth ORDER BY id ON CONFLICT DO NOTHING
""")  # noqa: S608 - names of columns


async def store_summaries(work: UnitOfWork, summaries: Iterable[records.TitleSummary]) -> dict[Ref, str]:
    """Stores summaries in English; returns our ids. Those that can't be stored are left out.

    New titles are added. Of stored ones, only values that are missing are filled in, and nothing if the
    title has been fetched: then TMDB has no more about it. From then on titles that staff added are refreshed
    like all others. Several workers can store the same summaries.
    """
    unique = {(each.type.value, each.id): each for each in summaries if storable(each)}
    if not unique:
        return {}
    genres = await _genre_names(work)
    rows = [summary_row(unique[ref], genres) for ref in sorted(unique)]
    for row in rows:
        row["refresh_at"] = now() + rest(row["tmdb_id"])
    return {(MediaType(kind), tmdb_id): key for kind, tmdb_id, key in await run(work, _STORE, rows)}


async def untranslated(work: ReadUnit, summaries: Iterable[records.TitleSummary], tag: str) -> bool:
    """Whether any of the titles has neither details nor its text in this language."""
    parameter = orjson.dumps(_rows(summaries, tag)).decode()
    return bool((await work.execute(_UNTRANSLATED.bindparams(rows=parameter))).scalar())


async def store_translations(work: UnitOfWork, summaries: Iterable[records.TitleSummary], tag: str) -> None:
    """Stores summaries in this language as translations of those titles that have no details."""
    await run(work, _TRANSLATE, _rows(summaries, tag))


def _rows(summaries: Iterable[records.TitleSummary], tag: str) -> list[Row]:
    language, _, country = tag.partition("-")
    return [
        {
            "tmdb_type": each.type.value,
            "tmdb_id": each.id,
            "language": language,
            "country": country or default_country(language),
            "title": values.line(each.title, MAX_TITLE),
            "description": values.lines(each.overview, MAX_DESCRIPTION),
        }
        for each in summaries
        if storable(each)
    ]


async def _genre_names(work: UnitOfWork) -> dict[int, str]:
    columns: list[Any] = [Genre.tmdb_id, Genre.name]
    return {tmdb_id: name for tmdb_id, name in await work.session.execute(select(*columns))}
