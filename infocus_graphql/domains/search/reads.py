"""The search in the catalogue: finds titles by their terms, and ranks them.

`redemp sha` becomes three text search queries: the title is it (`'=redempsha'`), begins with it
(`'=redempsha':*`), or has its words, of which the last may be incomplete (`'redemp' & 'sha':*`). If hardly
any title matches, the words of the catalogue that are like a word of the query are alternatives:
`('shawshenk':* | 'shawshank')`.

A step looks at `_MANY` matches at most, because a third of all titles has the word `the`. If there are more,
the search takes the matches among the most popular titles.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias

from sqlalchemy import ARRAY, Boolean, DateTime, Text, bindparam, select, text, tuple_

from infocus_graphql.db.database import ReadUnit
from infocus_graphql.db.sql_types import SqlValue
from infocus_graphql.domains.media.models import MediaItem, MediaType

MAX_RESULTS: Final = 200
MAX_QUERY: Final = 200
EXACT, BEGINNING, WORDS, SIMILAR, PARTIAL = 1, 2, 3, 4, 5
_MANY: Final = 2_000
_POPULAR: Final = 2_000
# With fewer results than these, a search takes another step.
_FEW: Final = 20
_HARDLY_ANY: Final = 5
# Shorter beginnings of words match so many terms that looking them up takes long.
_SHORT: Final = 3
_SIMILAR_WORDS: Final = 20  # for each word of a query
_SIMILAR_RESULTS: Final = 20
_MANY_SIMILAR: Final = 300

_ASKED: Final = r"""
WITH asked AS MATERIALIZED (
    SELECT pieces,
        ('''=' || title || '''')::tsquery AS exact, ('''=' || title || ''':*')::tsquery AS beginning,
        array_to_string(quoted[: cardinality(quoted) - 1], ' & ')::tsquery AS complete,
        (array_to_string(quoted, ' & ') || ':*')::tsquery AS words
    FROM (
        SELECT pieces, replace(replace(left(replace(form, ' ', ''), 100), '\', '\\'), '''', '''''') AS title,
            ARRAY(SELECT '''' || replace(replace(piece, '\', '\\'), '''', '''''') || ''''
                FROM unnest(pieces) WITH ORDINALITY AS each (piece, place) ORDER BY place) AS quoted
        FROM (SELECT form, search_pieces(form) AS pieces FROM search_text(:query) AS form) AS formed
    ) AS parts
)"""


def _ranked(otherwise: str, condition: str, limit: int) -> str:
    # OFFSET 0 keeps the planner from computing the tier again. Too many matches are not ranked. There is
    # always a row.
    return f"""
SELECT ranked.*, too_many, clock_timestamp() AS read_at
FROM (SELECT count(*) > {_MANY} AS too_many FROM found) AS matches
LEFT JOIN LATERAL (
    SELECT media_items.id, tmdb_type::text AS tmdb_type, tmdb_id, tier, coalesce(popularity, 0) AS popularity
    FROM found JOIN media_items ON media_items.id = media_item_id CROSS JOIN asked
    CROSS JOIN LATERAL (
        SELECT CASE WHEN terms @@ exact THEN {EXACT} WHEN terms @@ beginning THEN {BEGINNING}
            WHEN terms @@ words THEN {WORDS} ELSE {otherwise} END AS tier
        OFFSET 0
    ) AS its
    WHERE removed_at IS NULL AND (:types IS NULL OR tmdb_type = ANY (:types))
        AND (:until IS NULL OR created_at <= :until) AND {condition}
    ORDER BY tier, popularity DESC NULLS LAST, media_items.id DESC LIMIT {limit}
) AS ranked ON true
ORDER BY tier"""  # noqa: S608 - constants


_MATCHES: Final = _ranked(str(SIMILAR), f"tier < {SIMILAR} AND NOT too_many", MAX_RESULTS)
_ALIKE: Final = _ranked(
    f"CASE WHEN terms @@ (SELECT whole FROM tolerant) THEN {SIMILAR} ELSE {PARTIAL} END",  # noqa: S608
    "true",
    _SIMILAR_RESULTS,
)
# Titles that begin with the query or have its words; with `partly`, all but the last word.
_MATCHING: Final = f"""{_ASKED}, found AS MATERIALIZED (
    SELECT media_item_id, terms FROM media_search_terms
    WHERE terms @@ (SELECT beginning || CASE WHEN :partly THEN complete ELSE words END FROM asked)
    LIMIT {_MANY + 1}
){_MATCHES}"""  # noqa: S608 - constants
# Titles that are the query, and popular ones that match.
_POPULAR_MATCHING: Final = f"""{_ASKED}, found AS MATERIALIZED (
    SELECT media_item_id, terms FROM media_search_terms WHERE terms @@ (SELECT exact FROM asked)
    UNION (
        SELECT popular.id, its.terms FROM (
            SELECT id, popularity FROM media_items
            WHERE removed_at IS NULL AND (:types IS NULL OR tmdb_type = ANY (:types))
            ORDER BY popularity DESC NULLS LAST, id DESC LIMIT {_POPULAR}
        ) AS popular
        CROSS JOIN LATERAL (
            SELECT terms FROM media_search_terms WHERE media_item_id = popular.id OFFSET 0
        ) AS its
        WHERE its.terms @@ (SELECT beginning || words FROM asked)
        ORDER BY popularity DESC NULLS LAST, popular.id DESC LIMIT {MAX_RESULTS}
    )
){_MATCHES}"""  # noqa: S608 - constants
# Titles with words that are like those of the query. Of three words or more, one may be missing. If these are
# all such titles, those with all words are among them.
_SIMILAR: Final = rf"""{_ASKED}, candidates AS (
    SELECT place, word,
        greatest(similarity(word, piece), CASE WHEN typo_keys && typo_keys(piece) THEN 0.5 END) AS likeness
    FROM asked, unnest(pieces) WITH ORDINALITY AS each (piece, place), LATERAL (
        SELECT word, typo_keys FROM search_words WHERE word % piece
        UNION SELECT word, typo_keys FROM search_words WHERE typo_keys && typo_keys(piece)
    ) AS alike
    WHERE word <> piece AND char_length(piece) > {_SHORT}
), ranked AS (
    SELECT place, word, likeness >= 0.7 * max(likeness) OVER likest
        AND row_number() OVER likest <= {_SIMILAR_WORDS} AS is_like
    FROM candidates WINDOW likest AS (PARTITION BY place ORDER BY likeness DESC, word)
), alternatives AS (
    SELECT place, '(''' || replace(replace(piece, '\', '\\'), '''', '''''')
        || CASE WHEN char_length(piece) > {_SHORT} THEN ''':*' ELSE '''' END
        || coalesce(' | ' || alike.words, '') || ')' AS choice
    FROM asked AS query, unnest(query.pieces) WITH ORDINALITY AS each (piece, place)
    LEFT JOIN (
        SELECT place, string_agg('''' || word || '''', ' | ') AS words
        FROM ranked WHERE is_like GROUP BY place
    ) AS alike USING (place)
), tolerant AS MATERIALIZED (
    SELECT string_agg(choice, ' & ')::tsquery AS whole, coalesce((
        SELECT string_agg('(' || (SELECT string_agg(choice, ' & ') FROM alternatives AS other
            WHERE other.place <> missing.place) || ')', ' | ')
        FROM alternatives AS missing WHERE (SELECT count(*) FROM alternatives) >= 3), '')::tsquery AS partial
    FROM alternatives
), most AS MATERIALIZED (
    SELECT media_item_id, terms FROM media_search_terms
    WHERE terms @@ (SELECT partial FROM tolerant) LIMIT {_MANY_SIMILAR}
), found AS MATERIALIZED (
    SELECT * FROM most
    UNION (SELECT media_item_id, terms FROM media_search_terms
        WHERE (SELECT count(*) IN (0, {_MANY_SIMILAR}) FROM most)
            AND terms @@ (SELECT whole FROM tolerant) LIMIT {_MANY_SIMILAR})
){_ALIKE}"""  # noqa: S608 - constants


Ref: TypeAlias = tuple[MediaType, int]
"""The type and the id of a title at TMDB."""


@dataclass(frozen=True, slots=True)
class Match:
    """A title that matches a query, and how well; a smaller `tier` is better."""

    ref: Ref
    tier: int
    popularity: float
    id: str | None = None  # None for titles of TMDB


def _statement(sql: str) -> SqlValue:
    flags = [bindparam(name, type_=Boolean()) for name in ("partly",) if f":{name}" in sql]
    types = bindparam("types", type_=ARRAY(MediaItem.tmdb_type.type))
    until = bindparam("until", type_=DateTime(timezone=True))
    return text(sql).bindparams(bindparam("query", type_=Text()), types, until, *flags)


_STATEMENTS: Final = {sql: _statement(sql) for sql in (_MATCHING, _POPULAR_MATCHING, _SIMILAR)}


@dataclass(frozen=True, slots=True)
class Matches:
    """The matches of a query, the best first, and the time when they were read."""

    titles: list[Match]
    read_at: datetime
    too_many: bool = False


async def matching_titles(
    work: ReadUnit, query: str, types: Sequence[MediaType] | None = None, until: datetime | None = None
) -> Matches:
    """Returns the best matches for a query in normal form, at most `MAX_RESULTS`.

    Titles that are the query come first, then those that begin with it, then those with its words, then those
    with similar words; each by popularity. `until` leaves out titles that were added later.
    """
    last = query.rsplit(maxsplit=1)[-1]
    is_short = len(last) < _SHORT and last.isascii()
    search = partial(_run, work, query=query, types=types, until=until)
    is_common = is_short and last == query
    if not is_common:
        found = await search(_MATCHING, partly=is_short)
        is_common = found.too_many
    if is_common:
        found = await search(_POPULAR_MATCHING)
    if is_short and len(found.titles) < _FEW:
        found = _merged(found, await search(_MATCHING, partly=False))
    if len(found.titles) < _HARDLY_ANY:
        found = _merged(found, await search(_SIMILAR))
    return found


async def popular_titles(work: ReadUnit, limit: int) -> list[str]:
    """Returns the ids of the most popular titles of the catalogue."""
    column: Any = MediaItem.id
    order = (MediaItem.popularity.desc().nulls_last(), MediaItem.id.desc())
    rows = await work.scalars(
        select(column).where(MediaItem.removed_at.is_(None)).order_by(*order).limit(limit)
    )
    return list(rows)


async def ids_of(work: ReadUnit, refs: Iterable[Ref]) -> dict[Ref, str]:
    """Returns the ids of those of the titles that are in the catalogue."""
    columns: list[Any] = [MediaItem.tmdb_type, MediaItem.tmdb_id, MediaItem.id]
    wanted = tuple_(MediaItem.tmdb_type, MediaItem.tmdb_id).in_(refs)
    rows = await work.execute(select(*columns).where(wanted))
    return {(kind, tmdb_id): key for kind, tmdb_id, key in rows}


def _merged(found: Matches, more: Matches) -> Matches:
    """All matches, each once, by their tiers."""
    unique = {each.ref: each for each in (*found.titles, *more.titles)}.values()
    return Matches(sorted(unique, key=lambda each: each.tier), found.read_at)


async def _run(work: ReadUnit, sql: str, **values: object) -> Matches:
    rows = (await work.execute(_STATEMENTS[sql].bindparams(**values))).all()
    found = [
        Match((MediaType(row.tmdb_type), row.tmdb_id), row.tier, row.popularity, row.id)
        for row in rows
        if row.id
    ]
    return Matches(found, rows[0].read_at, rows[0].too_many)
