"""Use cases that change many entries of the viewer's watchlist in one transaction.

Each item has its own outcome: valid items are applied, others are refused. A phone that was offline must not
lose a hundred changes because of one that is no longer possible.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import any_, cast, column, literal, or_, select, tuple_, update, values
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Text

from infocus_graphql.core.errors import ErrorCode, Problems, Refusal, Refused, refused
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.text import MAX_INT, check_range
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.sql_types import Arguments, MappedRow
from infocus_graphql.db.visibility import sql_viewer
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.media.reads import media_ref_arguments, unknown_title
from infocus_graphql.domains.watchlists import policy
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry, WatchStatus
from infocus_graphql.domains.watchlists.writes import LOCK_EXISTING, not_null, notes_or_none, rating_or_none

MAX_ITEMS: Final = 500
_CHECKS: Final[Mapping[str, Callable[[Any], object]]] = {
    "status": lambda value: not_null(value, "status"),
    "notes_visibility": lambda value: not_null(value, "notesVisibility"),
    "rating": rating_or_none,
    "notes": notes_or_none,
}


@dataclass(slots=True)
class Outcomes:
    """The ids of the added or changed entries in the order of the items, and the refusals of other items."""

    entry_ids: list[str | None]
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, index: int, error: Refused) -> None:
        """Records why an item was not applied."""
        self.refusals += [replace(each, path=("items", str(index), *each.path)) for each in error.refusals]


async def add_many_to_watchlist(work: UnitOfWork, viewer: Viewer, *, items: Sequence[Arguments]) -> Outcomes:
    """Adds titles of the catalogue to the viewer's list.

    Each item has `media` and the values of an entry. ALREADY_EXISTS for titles on the list.
    """
    _check_length(items)
    outcomes = Outcomes([None] * len(items))
    references: dict[int, Arguments] = {}
    new: dict[int, dict[str, object]] = {}
    for index, item in enumerate(items):
        try:
            with Problems() as problems:
                references[index] = problems.of(media_ref_arguments, item["media"], "media")
                new[index] = _checked(problems, item)
        except Refused as error:
            outcomes.refuse(index, error)
            references.pop(index, None)
    titles = await _titles(work, references.values())
    wanted: dict[str, int] = {}  # the first item of each title
    repeated: list[tuple[int, str]] = []
    for index, reference in references.items():
        title = titles.get(tuple(reference.values()))
        if title is None:
            outcomes.refuse(index, unknown_title())
        elif title in wanted:
            repeated.append((index, title))
        else:
            wanted[title] = index
    rows = [
        {"id": new_id("we"), "user_id": viewer.id, "media_item_id": title, **_DEFAULTS, **new[wanted[title]]}
        for title in sorted(wanted)  # in one order, so that concurrent calls don't wait for each other
    ]
    added = await _insert(work, rows)
    present = await _existing(work, viewer, wanted.keys() - added.keys())
    for title, index in wanted.items():
        if title in added:
            outcomes.entry_ids[index] = added[title]
        else:
            repeated.append((index, title))
    for index, title in sorted(repeated):
        message = "This title is already on your watchlist."
        existing = added.get(title) or present.get(title)
        outcomes.refuse(index, refused(ErrorCode.ALREADY_EXISTS, message, "media", existing_id=existing))
    return outcomes


async def update_many_watchlist_entries(
    work: UnitOfWork, viewer: Viewer, *, items: Sequence[Arguments]
) -> Outcomes:
    """Updates entries of the viewer. Each item has the `id` of an entry and its changes.

    STALE_VERSION for items whose `expected_version` isn't the entry's version; INVALID for a repeated entry.
    """
    _check_length(items)
    outcomes = Outcomes([None] * len(items))
    ids = sorted({str(item["id"]) for item in items})
    own = policy.can_change(WatchlistEntry, sql_viewer(viewer))
    current = select(WatchlistEntry.id, WatchlistEntry.version).where(
        WatchlistEntry.id == any_(literal(ids, ARRAY(Text()))), own
    )
    found = await work.session.execute(current.order_by(WatchlistEntry.id).with_for_update())
    versions: dict[str, int] = {row.id: row.version for row in found}
    changes: dict[tuple[str, ...], list[dict[str, object]]] = {}
    seen: set[str] = set()
    for index, item in enumerate(items):
        entry_id = str(item["id"])
        try:
            with Problems() as problems:
                changed = _checked(problems, item)
                problems.of(_check_current, item, versions, repeated=entry_id in seen)
        except Refused as error:
            outcomes.refuse(index, error)
            continue
        seen.add(entry_id)
        outcomes.entry_ids[index] = entry_id
        if changed:
            changes.setdefault(tuple(sorted(changed)), []).append({"id": entry_id, **changed})
    for names, rows in changes.items():
        await _update(work, names, rows)
    return outcomes


_DEFAULTS: Final[Arguments] = {
    "status": WatchStatus.NOT_WATCHED,
    "rating": None,
    "notes": None,
    "notes_visibility": Visibility.PRIVATE,
}


def _check_length(items: Sequence[Arguments]) -> None:
    if not items:
        raise Refused(Refusal(ErrorCode.TOO_SHORT, "At least one item is required.", ("items",), minimum=1))
    if len(items) > MAX_ITEMS:
        message = f"At most {MAX_ITEMS} items are allowed."
        raise Refused(Refusal(ErrorCode.TOO_LONG, message, ("items",), maximum=MAX_ITEMS))


def _checked(problems: Problems, item: Arguments) -> dict[str, object]:
    return {name: problems.of(check, item[name]) for name, check in _CHECKS.items() if name in item}


def _check_current(item: Arguments, versions: Mapping[str, int], *, repeated: bool) -> None:
    entry_id, expected = str(item["id"]), item.get("expected_version")
    if expected is not None:
        check_range(expected, "expectedVersion", minimum=1, maximum=MAX_INT)
    if entry_id not in versions:
        raise refused(ErrorCode.NOT_FOUND, "This entry is not on your watchlist.", "id")
    if repeated:
        raise refused(ErrorCode.INVALID, "This entry is in the list twice.", "id")
    if expected is not None and expected != versions[entry_id]:
        message = f"The entry was changed in between: its version is {versions[entry_id]}."
        raise refused(ErrorCode.STALE_VERSION, message, "expectedVersion", existing_id=entry_id)


async def _titles(work: UnitOfWork, references: Iterable[Arguments]) -> dict[tuple[object, ...], str]:
    """Returns the ids of the titles by the values of their references, locked against deletion."""
    given = [tuple(each.values()) for each in references]
    ids = [each[0] for each in given if len(each) == 1]
    numbers = [each for each in given if len(each) > 1]
    if not given:
        return {}
    of_tmdb = tuple_(MediaItem.tmdb_type, MediaItem.tmdb_id)
    query = select(MediaItem.id, MediaItem.tmdb_type, MediaItem.tmdb_id).where(
        or_(MediaItem.id == any_(literal(ids, ARRAY(Text()))), of_tmdb.in_(numbers))
    )
    locked = query.order_by(MediaItem.id).with_for_update(read=True, key_share=True)
    found: dict[tuple[object, ...], str] = {}
    for row in await work.session.execute(locked):
        found[(row.id,)] = found[row.tmdb_type, row.tmdb_id] = row.id
    return found


async def _insert(work: UnitOfWork, rows: list[dict[str, object]]) -> dict[str, str]:
    """Inserts entries, and locks existing ones. Returns the ids of the new entries by their title."""
    if not rows:
        return {}
    added = insert(WatchlistEntry).values(rows).on_conflict_do_update(**LOCK_EXISTING)
    found = await work.session.execute(added.returning(WatchlistEntry.media_item_id, WatchlistEntry.id))
    return {row.media_item_id: row.id for row in found}


async def _existing(work: UnitOfWork, viewer: Viewer, titles: Iterable[str]) -> dict[str, str]:
    of_titles = WatchlistEntry.media_item_id == any_(literal(sorted(titles), ARRAY(Text())))
    query = select(WatchlistEntry.media_item_id, WatchlistEntry.id).where(
        WatchlistEntry.user_id == viewer.id, of_titles
    )
    return {row.media_item_id: row.id for row in await work.session.execute(query)}


async def _update(work: UnitOfWork, names: tuple[str, ...], rows: list[dict[str, object]]) -> None:
    """Updates these columns of the entries with one statement."""
    columns: MappedRow = WatchlistEntry.__table__.c
    every = ("id", *names)
    given = values(*(column(name, columns[name].type) for name in every), name="given").data(
        [tuple(row[name] for name in every) for row in rows]
    )
    changed = update(WatchlistEntry).where(WatchlistEntry.id == given.c.id)
    new = {name: cast(given.c[name], columns[name].type) for name in names}
    await work.session.execute(
        changed.values(**new, version=WatchlistEntry.version + 1),
        execution_options={"synchronize_session": False},
    )
