"""Use cases of the viewer's watchlist."""

from dataclasses import dataclass
from functools import cache
from typing import Final, TypeVar

from sqlalchemy import bindparam, delete, false, select, update
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.errors import ErrorCode, Problems, refused
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.text import MAX_INT, check_range, required, validated_text_or_none
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.prepared import CompiledStatement, compiled_statement
from infocus_graphql.db.sql_types import Arguments, MappedRow, SqlValue
from infocus_graphql.db.visibility import VIEWER, sql_viewer
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.media.reads import matches_media_ref, media_ref_arguments
from infocus_graphql.domains.media.writes import lock_media_item
from infocus_graphql.domains.watchlists import policy
from infocus_graphql.domains.watchlists.models import (
    MAX_NOTES,
    MAX_RATING,
    MIN_RATING,
    Visibility,
    WatchlistEntry,
    WatchStatus,
)

T = TypeVar("T")

# ON CONFLICT DO UPDATE … WHERE false changes nothing but locks the existing entry, so that it can't be
# deleted before it is read.
LOCK_EXISTING: Final[Arguments] = {
    "index_elements": ["user_id", "media_item_id"],
    "set_": {"version": WatchlistEntry.version},
    "where": false(),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """The ids of an added, changed or removed entry and of its title."""

    entry_id: str
    media_item_id: str


async def add_to_watchlist(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    media: MappedRow,
    status: WatchStatus = WatchStatus.NOT_WATCHED,
    rating: int | None = None,
    notes: str | None = None,
    notes_visibility: Visibility = Visibility.PRIVATE,
) -> Changed:
    """Adds a title of the catalogue to the viewer's list.

    `media` is a `MediaRef`. ALREADY_EXISTS, with the id of the entry, if the title is on the list already.
    """
    values: dict[str, SqlValue] = {"status": status, "notes_visibility": notes_visibility}
    with Problems() as problems:
        title = problems.of(media_ref_arguments, media, "media")
        values["rating"] = problems.of(rating_or_none, rating)
        values["notes"] = problems.of(notes_or_none, notes)
        if problems.found and title:  # otherwise the statement below finds out
            await lock_media_item(work, title)
    new = {**values, "new_id": new_id("we"), "viewer_id": viewer.id, **title}
    media_item_id = await work.run_single_statement(_addition(tuple(title)), new)
    if media_item_id is not None:
        return Changed(new["new_id"], media_item_id)
    # Either the title doesn't exist or the entry does. Both rows are locked before the error is chosen, since
    # concurrent transactions may have changed them.
    media_item_id = await lock_media_item(work, title)
    key = {"user_id": viewer.id, "media_item_id": media_item_id}
    added = insert(WatchlistEntry).values(**key, **values).on_conflict_do_update(**LOCK_EXISTING)
    entry_id: str | None = await work.session.scalar(added.returning(WatchlistEntry.id))
    if entry_id is not None:
        return Changed(entry_id, media_item_id)
    message = "This title is already on your watchlist."
    raise refused(ErrorCode.ALREADY_EXISTS, message, "media", existing_id=await _entry_id(work, key))


async def update_watchlist_entry(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    entry_id: str,
    status: WatchStatus | Unset | None = UNSET,
    rating: int | Unset | None = UNSET,
    notes: str | Unset | None = UNSET,
    notes_visibility: Visibility | Unset | None = UNSET,
    expected_version: int | None = None,
) -> Changed:
    """Updates the fields that are set of one of the viewer's entries. None clears rating and notes.

    STALE_VERSION if `expected_version` is given and isn't the entry's version.
    """
    changes: dict[str, object] = {}
    with Problems() as problems:
        if is_set(status):
            changes["status"] = problems.of(not_null, status, "status")
        if is_set(notes_visibility):
            changes["notes_visibility"] = problems.of(not_null, notes_visibility, "notesVisibility")
        if is_set(rating):
            changes["rating"] = problems.of(rating_or_none, rating)
        if is_set(notes):
            changes["notes"] = problems.of(notes_or_none, notes)
        if expected_version is not None:
            problems.of(check_range, expected_version, "expectedVersion", minimum=1, maximum=MAX_INT)
        if problems.found:  # otherwise the statement below finds out
            await _current(work, viewer, entry_id, expected_version)
    if changes:
        identification = {"entry_id": entry_id, "viewer_id": viewer.id, "expected_version": expected_version}
        change = _change(tuple(changes), versioned=expected_version is not None)
        media_item_id = await work.run_single_statement(change, {**changes, **identification})
        if media_item_id is not None:
            return Changed(entry_id, media_item_id)
    current = await _current(work, viewer, entry_id, expected_version)
    return Changed(entry_id, current.media_item_id)


async def remove_from_watchlist(work: UnitOfWork, viewer: Viewer, *, entry_id: str) -> Changed:
    """Deletes one of the viewer's entries."""
    removed = (
        delete(WatchlistEntry)
        .where(WatchlistEntry.id == entry_id, policy.can_change(WatchlistEntry, sql_viewer(viewer)))
        .returning(WatchlistEntry.media_item_id)
    )
    media_item_id = await work.session.scalar(removed)
    if media_item_id is None:
        raise refused(ErrorCode.NOT_FOUND, "This entry is not on your watchlist.", "entryId")
    return Changed(entry_id, media_item_id)


async def ensure_on_watchlist(work: UnitOfWork, *, user_id: str, media_item_id: str) -> str:
    """Returns the id of the user's entry for the title; creates it with the default status if missing."""
    key = {"user_id": user_id, "media_item_id": media_item_id}
    await work.session.execute(insert(WatchlistEntry).values(**key).on_conflict_do_update(**LOCK_EXISTING))
    return await _entry_id(work, key)


async def _current(
    work: UnitOfWork, viewer: Viewer, entry_id: str, expected_version: int | None
) -> WatchlistEntry:
    """Returns the viewer's entry with this id. STALE_VERSION if it doesn't have the expected version."""
    own = (WatchlistEntry.id == entry_id, policy.can_change(WatchlistEntry, sql_viewer(viewer)))
    current = await work.session.scalar(select(WatchlistEntry).where(*own))
    if current is None:
        raise refused(ErrorCode.NOT_FOUND, "This entry is not on your watchlist.", "id")
    if expected_version is not None and 0 < expected_version != current.version:
        message = f"The entry was changed in between: its version is {current.version}."
        raise refused(ErrorCode.STALE_VERSION, message, "expectedVersion", existing_id=entry_id)
    return current


async def _entry_id(work: UnitOfWork, key: Arguments) -> str:
    """Returns the id of the existing entry for a user and a title."""
    return (await work.session.scalars(select(WatchlistEntry.id).filter_by(**key))).one()


@cache
def _addition(named_by: tuple[str, ...]) -> CompiledStatement:
    """Compiles the statement that adds an entry, unless the viewer has one for the title.

    `named_by` are the columns that identify the title. The statement returns the title's id.
    """
    columns = WatchlistEntry.__table__.c
    optional_columns = [columns[name] for name in ("status", "rating", "notes", "notes_visibility")]
    title = matches_media_ref(**{name: _parameter(MediaItem.__table__.c[name]) for name in named_by})
    source = select(
        bindparam("new_id", type_=columns.id.type),
        bindparam("viewer_id", type_=columns.user_id.type),
        MediaItem.id,
        *(_parameter(column) for column in optional_columns),
    ).where(title)
    # Locks the title, so that it can't be deleted before the new entry references it.
    source = source.with_for_update(read=True, key_share=True)
    names = ["id", "user_id", "media_item_id", *(column.name for column in optional_columns)]
    added = insert(WatchlistEntry).from_select(names, source, include_defaults=False)
    return compiled_statement(added.on_conflict_do_nothing().returning(WatchlistEntry.media_item_id))


@cache
def _change(names: tuple[str, ...], *, versioned: bool) -> CompiledStatement:
    """Compiles the statement that updates these columns of a viewer's entry and returns its title's id."""
    columns = WatchlistEntry.__table__.c
    conditions = [columns.id == bindparam("entry_id"), policy.can_change(columns, VIEWER)]
    if versioned:
        conditions.append(columns.version == bindparam("expected_version"))
    values = {name: _parameter(columns[name]) for name in names}
    changed = update(WatchlistEntry).where(*conditions).values(**values, version=columns.version + 1)
    return compiled_statement(changed.returning(columns.media_item_id))


def _parameter(column: SqlValue) -> SqlValue:
    """Returns the bind parameter for the value of a column."""
    return bindparam(column.name, type_=column.type)


def not_null(value: T | None, path: str) -> T:
    """Returns the value. Refuses null."""
    if value is None:
        raise required(path)
    return value


def notes_or_none(value: str | None) -> str | None:
    """Returns the notes, checked and normalised."""
    return validated_text_or_none(value, "notes", maximum=MAX_NOTES, keep_line_breaks=True)


def rating_or_none(value: int | None) -> int | None:
    """Returns the rating, checked."""
    if value is not None:
        check_range(value, "rating", minimum=MIN_RATING, maximum=MAX_RATING)
    return value
