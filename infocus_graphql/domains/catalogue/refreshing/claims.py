"""Claims: a worker claims titles that are due, fetches them, and records the outcome.

The claim of a worker that was killed expires, and another worker fetches the titles again. A claim holds no
connection and no lock.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

from sqlalchemy import ARRAY, Integer, Interval, Text, TextClause, bindparam, text

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.tmdb.records import TitleType

Ref: TypeAlias = tuple[TitleType, int]

# Fifty titles take two seconds; with TMDB at its slowest they take 100.
LEASE: Final = timedelta(minutes=2)
_REFS: Final = (bindparam("types", type_=ARRAY(Text)), bindparam("tmdb_ids", type_=ARRAY(Integer)))
_GIVEN: Final = "unnest(CAST(:types AS media_type[]), :tmdb_ids) AS given (tmdb_type, tmdb_id)"
_SAME: Final = "claimed.tmdb_type = given.tmdb_type AND claimed.tmdb_id = given.tmdb_id"
_RELEASED: Final = "claim = NULL, claimed_until = NULL"

_CLAIM_DUE: Final = """
    UPDATE title_fetches AS claimed SET claim = :claim, claimed_until = now() + :lease
    FROM (
        SELECT tmdb_type, tmdb_id FROM title_fetches
        WHERE refresh_at <= now() AND (claim IS NULL OR claimed_until < now()) AND {condition}
        ORDER BY refresh_at LIMIT :most FOR UPDATE SKIP LOCKED
    ) AS given
    WHERE claimed.tmdb_type = given.tmdb_type AND claimed.tmdb_id = given.tmdb_id
    RETURNING claimed.tmdb_type, claimed.tmdb_id
"""
_LEASE: Final = bindparam("lease", type_=Interval(native=True))
_CLAIM_KNOWN: Final = text(_CLAIM_DUE.format(condition="fetched_at IS NOT NULL")).bindparams(_LEASE)
_CLAIM_NEW: Final = text(_CLAIM_DUE.format(condition="fetched_at IS NULL")).bindparams(_LEASE)
_RELEASE: Final = text(f"UPDATE title_fetches SET {_RELEASED} WHERE claim = :claim")  # noqa: S608 - constants of ours
# A title that TMDB lacks on two different days (UTC) is removed; it stays on watchlists, and may return.
_MISSING: Final = text(f"""
    WITH noted AS (
        UPDATE title_fetches AS claimed SET missing_since = coalesce(missing_since, now()), failed_at = now(),
            failures = failures + 1, {_RELEASED},
            refresh_at = CASE WHEN item.id IS NULL THEN NULL
                WHEN item.removed_at IS NULL THEN now() + interval '1 day' ELSE now() + interval '30 days' END
        FROM {_GIVEN} LEFT JOIN media_items AS item USING (tmdb_type, tmdb_id)
        WHERE {_SAME}
        RETURNING item.id, missing_since
    )
    UPDATE media_items SET removed_at = now() FROM noted
    WHERE media_items.id = noted.id AND removed_at IS NULL
        AND date_trunc('day', missing_since, 'UTC') < date_trunc('day', now(), 'UTC')
""").bindparams(*_REFS)  # noqa: S608 - constants of ours
# The next attempt is a minute later, then two, four and so on, up to twelve hours.
_FAILED: Final = text(f"""
    UPDATE title_fetches AS claimed SET failed_at = now(), failures = failures + 1, {_RELEASED},
        refresh_at = now() + least(interval '1 minute' * 2 ^ least(failures, 10), interval '12 hours')
    FROM {_GIVEN} WHERE {_SAME}
""").bindparams(*_REFS)  # noqa: S608 - constants of ours
# Titles that the catalogue doesn't want, such as adult ones.
_UNWANTED: Final = text(f"""
    UPDATE title_fetches AS claimed SET refresh_at = NULL, failed_at = now(), {_RELEASED}
    FROM {_GIVEN} WHERE {_SAME}
""").bindparams(*_REFS)  # noqa: S608 - constants of ours
# Of titles that were never fetched, those that TMDB lacked yesterday are tried again.
_REQUEST: Final = text(f"""
    INSERT INTO title_fetches AS claimed (tmdb_type, tmdb_id, refresh_at)
    SELECT given.tmdb_type, given.tmdb_id, now() FROM {_GIVEN} ORDER BY given.tmdb_type, given.tmdb_id
    ON CONFLICT (tmdb_type, tmdb_id) DO UPDATE SET refresh_at = now()
    WHERE claimed.fetched_at IS NULL AND coalesce(claimed.refresh_at > now(), true)
        AND (claimed.failed_at IS NULL OR claimed.failed_at < now() - interval '1 day')
""").bindparams(*_REFS)  # noqa: S608 - constants of ours
_MAKE_DUE: Final = text(f"""
    UPDATE title_fetches AS claimed SET refresh_at = now() FROM {_GIVEN}
    WHERE {_SAME} AND (claimed.refresh_at > now() OR claimed.refresh_at IS NULL)
        AND claimed.fetched_at < now() - :older
""").bindparams(*_REFS, bindparam("older", type_=Interval(native=True)))  # noqa: S608 - constants of ours
# Viewers may refer to any id, so the rows of those that TMDB lacks are deleted after a month.
_FORGET: Final = text("""
    DELETE FROM title_fetches AS missing WHERE fetched_at IS NULL AND refresh_at IS NULL AND claim IS NULL
        AND failed_at < now() - interval '30 days' AND NOT EXISTS (
            SELECT FROM media_items AS item
            WHERE item.tmdb_type = missing.tmdb_type AND item.tmdb_id = missing.tmdb_id)
""")
# Titles come onto watchlists after they were fetched, or before, if a search has found them.
_PLAN_TRACKED: Final = text("""
    UPDATE title_fetches AS planned SET refresh_at = coalesce(fetched_at + interval '1 day', now())
    FROM media_items AS item
    WHERE item.tmdb_type = planned.tmdb_type AND item.tmdb_id = planned.tmdb_id AND item.removed_at IS NULL
        AND planned.refresh_at > coalesce(fetched_at + interval '1 day', now()) AND planned.failures = 0
        AND EXISTS (SELECT FROM watchlist_entries AS entry WHERE entry.media_item_id = item.id)
""")


async def claim_due(work: UnitOfWork, claim: str, *, most: int, new: bool) -> list[Ref]:
    """Claims titles that are due: those that were never fetched, or those that were."""
    statement = _CLAIM_NEW if new else _CLAIM_KNOWN
    found = await work.session.execute(statement, {"claim": claim, "most": most, "lease": LEASE})
    return [(TitleType(kind), tmdb_id) for kind, tmdb_id in found]


async def release(work: UnitOfWork, claim: str) -> None:
    """Releases all titles with this claim; they stay due."""
    await work.session.execute(_RELEASE, {"claim": claim})


async def record_missing(work: UnitOfWork, refs: Sequence[Ref]) -> None:
    """Records that TMDB has no such titles. On the second day they are marked as removed."""
    await _run(work, _MISSING, refs)


async def record_failures(work: UnitOfWork, refs: Sequence[Ref]) -> None:
    """Records that titles could not be fetched or stored; they are due again later and later."""
    await _run(work, _FAILED, refs)


async def record_unwanted(work: UnitOfWork, refs: Sequence[Ref]) -> None:
    """Records that the catalogue doesn't take these titles; they are never due again."""
    await _run(work, _UNWANTED, refs)


async def request_titles(work: UnitOfWork, refs: Iterable[Ref]) -> None:
    """Makes titles due that were never fetched."""
    await _run(work, _REQUEST, refs)


async def make_due(work: UnitOfWork, refs: Iterable[Ref], *, older: timedelta) -> int:
    """Makes titles due whose last fetch is older; returns their number."""
    return await _run(work, _MAKE_DUE, refs, older=older)


async def forget_missing(work: UnitOfWork) -> int:
    """Deletes the state of titles that neither TMDB nor the catalogue has; returns their number."""
    return await _count(work, _FORGET)


async def plan_tracked(work: UnitOfWork) -> int:
    """Makes titles on watchlists due one day after their last fetch; returns how many were not before."""
    return await _count(work, _PLAN_TRACKED)


async def _run(work: UnitOfWork, statement: TextClause, refs: Iterable[Ref], **more: object) -> int:
    unique = sorted({(kind.value, tmdb_id) for kind, tmdb_id in refs})
    if not unique:
        return 0
    types, tmdb_ids = zip(*unique, strict=True)
    return await _count(work, statement, types=list(types), tmdb_ids=list(tmdb_ids), **more)


async def _count(work: UnitOfWork, statement: TextClause, **parameters: object) -> int:
    connection = await work.session.connection()
    return (await connection.execute(statement, parameters)).rowcount
