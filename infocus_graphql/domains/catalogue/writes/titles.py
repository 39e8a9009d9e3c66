"""Stores titles with all their details."""

from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from sqlalchemy import ARRAY, Integer, Text, bindparam, text
from sqlalchemy.exc import DataError, IntegrityError

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.catalogue.rows.parts import collection_row
from infocus_graphql.domains.catalogue.rows.refresh_times import TRACKED, next_refresh
from infocus_graphql.domains.catalogue.rows.titles import (
    certification_rows,
    similar_rows,
    storable,
    summary_of,
    title_row,
    translation_rows,
    video_rows,
)
from infocus_graphql.domains.catalogue.writes.lists import spellings
from infocus_graphql.domains.catalogue.writes.offers import store_offers
from infocus_graphql.domains.catalogue.writes.people import store_credits
from infocus_graphql.domains.catalogue.writes.recordsets import (
    Target,
    assignments,
    differing,
    ids_by_tmdb_id,
    incoming,
    listed,
    replace_lists,
    run,
)
from infocus_graphql.domains.catalogue.writes.series import store_seasons
from infocus_graphql.domains.catalogue.writes.summaries import Ref, store_summaries
from infocus_graphql.domains.media.details import (
    Collection,
    MediaCertification,
    MediaTranslation,
    MediaVideo,
    SimilarTitle,
)
from infocus_graphql.domains.media.models import MediaItem, MediaType, SpellingKind
from infocus_graphql.tmdb import records

log = structlog.get_logger("infocus.catalogue")

_LISTS: Final = (
    (
        translation_rows,
        Target(
            MediaTranslation,
            ("media_item_id", "language", "country"),
            ("is_default", "title", "description", "tagline"),
        ),
    ),
    (
        certification_rows,
        Target(MediaCertification, ("media_item_id", "country"), ("label", "minimum_age")),
    ),
    (
        video_rows,
        Target(
            MediaVideo,
            ("media_item_id", "site", "key"),
            ("name", "kind", "official", "language", "position", "published_at"),
            once=("id",),
        ),
    ),
    (similar_rows, Target(SimilarTitle, ("media_item_id", "tmdb_type", "tmdb_id"), ("position",))),
)
_COLLECTIONS: Final = Target(Collection, ("tmdb_id",), ("name", "poster_path"), once=("id",))
_IDS: Final = ("imdb_id", "tvdb_id", "wikidata_id")
_LABELS: Final = ("keywords", "creators")
_SIMPLE: Final = (
    *("title", "original_title", "original_language", "tagline", "description", "poster_path"),
    *("backdrop_path", "release_date", "end_date", "runtime_minutes", "production_status", "rating"),
    *("vote_count", "popularity", "countries", "collection_id", "removed_at", "genres"),
)
_TITLES: Final = Target(MediaItem, ("tmdb_type", "tmdb_id"), (*_SIMPLE, *_IDS, *_LABELS), once=("id",))
# Values of blocks that TMDB didn't send stay as they are stored.
_KEPT: Final = ", ".join(
    [f"CASE WHEN incoming.has_ids THEN incoming.{name} ELSE old.{name} END AS {name}" for name in _IDS]
    + [f"coalesce(incoming.{name}, old.{name}, '{{}}') AS {name}" for name in _LABELS]
)
_STORE: Final = text(f"""
    WITH incoming AS MATERIALIZED ({incoming(MediaItem, _TITLES.columns, has_ids="boolean")}),
    wanted AS MATERIALIZED (
        SELECT coalesce(old.id, incoming.id) AS id, incoming.tmdb_type, incoming.tmdb_id,
            {listed(_SIMPLE, "incoming")}, {_KEPT}
        FROM incoming LEFT JOIN media_items AS old USING (tmdb_type, tmdb_id)
    ), written AS (
        INSERT INTO media_items AS stored ({listed(_TITLES.columns)})
        SELECT {listed(_TITLES.columns)} FROM wanted WHERE {differing(_TITLES, "wanted")}
        ORDER BY tmdb_type, tmdb_id
        ON CONFLICT (tmdb_type, tmdb_id) DO UPDATE SET {assignments(_TITLES.values)}
        RETURNING stored.tmdb_type, stored.tmdb_id, stored.id
    )
    SELECT tmdb_type, tmdb_id, id FROM written
    UNION ALL
    SELECT tmdb_type, tmdb_id, id FROM wanted WHERE (tmdb_type, tmdb_id) NOT IN (
        SELECT tmdb_type, tmdb_id FROM written)
""")  # noqa: S608 - names of columns
# Locks of the transaction, one for each title, always in the same order: two workers never wait for each
# other, and readers never wait. The classes are arbitrary.
_LOCK: Final = text("""
    SELECT pg_advisory_xact_lock(class, tmdb_id) FROM unnest(:classes, :tmdb_ids) AS title (class, tmdb_id)
""").bindparams(bindparam("classes", type_=ARRAY(Integer)), bindparam("tmdb_ids", type_=ARRAY(Integer)))
_LOCK_CLASSES: Final = {records.TitleType.MOVIE: 71_204_001, records.TitleType.TV: 71_204_002}
_KNOWN: Final = text("""
    SELECT wanted.tmdb_type, wanted.tmdb_id, item.id, done.fetched_at IS NOT NULL
    FROM unnest(CAST(:types AS media_type[]), :tmdb_ids) AS wanted (tmdb_type, tmdb_id)
    JOIN media_items AS item USING (tmdb_type, tmdb_id)
    LEFT JOIN title_fetches AS done USING (tmdb_type, tmdb_id)
""").bindparams(bindparam("types", type_=ARRAY(Text)), bindparam("tmdb_ids", type_=ARRAY(Integer)))
_FETCHED: Final = text("""
    INSERT INTO title_fetches AS done (tmdb_type, tmdb_id, fetched_at, refresh_at)
    SELECT item.tmdb_type, item.tmdb_id, now(), CASE
        WHEN EXISTS (SELECT FROM watchlist_entries AS entry WHERE entry.media_item_id = item.id)
        THEN least(incoming.refresh_at, now() + :tracked) ELSE incoming.refresh_at END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS incoming (id text, refresh_at timestamptz)
    JOIN media_items AS item USING (id)
    ORDER BY item.tmdb_type, item.tmdb_id
    ON CONFLICT (tmdb_type, tmdb_id) DO UPDATE SET fetched_at = excluded.fetched_at,
        refresh_at = excluded.refresh_at, failures = 0, failed_at = NULL, missing_since = NULL,
        claim = NULL, claimed_until = NULL
""")


async def store_titles(
    work: UnitOfWork, titles: Sequence[records.Title], *, with_similar: bool = False
) -> dict[Ref, str]:
    """Stores titles with all their details; returns our ids of those that were stored.

    A block that TMDB didn't send keeps what is stored; an empty one replaces it. Rows that don't change are
    not written. New adult titles, and titles without a usable id or name, are left out. If the database
    refuses a title, the others are stored, and that one is logged. `with_similar` also adds the similar
    titles to the catalogue, with their summaries.

    Some fifty titles at once are best. Several workers can store the same titles at the same time.
    """
    wanted = {(each.type.value, each.id): each for each in titles if storable(each)}
    batch = [wanted[ref] for ref in sorted(wanted)]
    if not batch:
        return {}
    try:
        async with work.session.begin_nested():
            return await _store(work, batch, with_similar=with_similar)
    except (IntegrityError, DataError) as error:
        if len(batch) == 1:
            log.warning(
                "title not stored", type=batch[0].type.value, tmdb_id=batch[0].id, reason=_reason(error)
            )
            return {}
    found: dict[Ref, str] = {}
    for each in batch:
        found |= await store_titles(work, [each], with_similar=with_similar)
    return found


async def _store(work: UnitOfWork, batch: Sequence[records.Title], *, with_similar: bool) -> dict[Ref, str]:
    refs = {"tmdb_ids": [each.id for each in batch]}
    classes = [_LOCK_CLASSES[each.type] for each in batch]
    await work.session.execute(_LOCK, {**refs, "classes": classes})
    known = {
        (kind, tmdb_id): (key, fetched)
        for kind, tmdb_id, key, fetched in await work.session.execute(
            _KNOWN, {**refs, "types": [each.type.value for each in batch]}
        )
    }
    batch = [each for each in batch if not each.adult or (each.type.value, each.id) in known]
    if with_similar:
        similar = [summary for each in batch for summary in each.similar or ()]
        await store_summaries(work, [*similar, *map(summary_of, batch)])
    ids = await _store_rows(work, batch)
    stored = {ids[MediaType(each.type.value), each.id]: each for each in batch}
    for rows_of, target in _LISTS:
        rows = {key: rows_of(key, title) for key, title in stored.items()}
        sent = {key: each for key, each in rows.items() if each is not None}
        await replace_lists(work, target, list(sent), [row for each in sent.values() for row in each])
    await store_credits(work, stored)
    await store_seasons(work, stored)
    await store_offers(work, stored, fetched_before={key for key, fetched in known.values() if fetched})
    at = now()
    fetches = [{"id": key, "refresh_at": next_refresh(title, at)} for key, title in stored.items()]
    await run(work, _FETCHED, fetches, tracked=TRACKED)
    return ids


async def _store_rows(work: UnitOfWork, batch: Sequence[records.Title]) -> dict[Ref, str]:
    rows = [title_row(each) for each in batch]
    spelled = await spellings(work, SpellingKind.GENRE, [name for row in rows for name in row["genres"]])
    collections = await _store_collections(work, batch)
    for row, title in zip(rows, batch, strict=True):
        row["genres"] = list(dict.fromkeys(spelled[name] for name in row["genres"]))
        row["collection_id"] = collections.get(title.collection.id) if title.collection else None
    return {(MediaType(kind), tmdb_id): key for kind, tmdb_id, key in await run(work, _STORE, rows)}


async def _store_collections(work: UnitOfWork, batch: Iterable[records.Title]) -> dict[int, str]:
    rows = {
        title.collection.id: row
        for title in batch
        if title.collection is not None and (row := collection_row(title.collection)) is not None
    }
    return await ids_by_tmdb_id(work, _COLLECTIONS, list(rows.values()))


def _reason(error: IntegrityError | DataError) -> str:
    """The kind of the error and its constraint, without values."""
    cause = getattr(error.orig, "__cause__", None)
    return f"{type(cause or error).__name__} {getattr(cause, 'constraint_name', None) or ''}".rstrip()
