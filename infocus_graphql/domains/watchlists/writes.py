"""Changes to one's own watchlist."""

from typing import Any

from sqlalchemy import delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from infocus_graphql.core.errors import ErrorCode, not_found, refused
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.text import cleaned_or_none, required, within
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.media.reads import named, unknown_title
from infocus_graphql.domains.watchlists.models import (
    MAX_NOTES,
    MAX_RATING,
    MIN_RATING,
    Visibility,
    WatchlistEntry,
    WatchStatus,
)


async def add_to_watchlist(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    media: dict[str, Any],
    status: WatchStatus = WatchStatus.NOT_WATCHED,
    rating: int | None = None,
    notes: str | None = None,
    notes_visibility: Visibility = Visibility.PRIVATE,
) -> str:
    """Puts a title of the catalogue on the viewer's list; a second entry for it is a conflict that names the first."""
    values = {
        "status": status,
        "rating": _rating(rating),
        "notes": cleaned_or_none(notes, "notes", maximum=MAX_NOTES),
        "notes_visibility": notes_visibility,
    }
    columns = WatchlistEntry.__table__.c
    constants = {"id": new_id("we"), "user_id": viewer.id, **values}
    source = select(
        MediaItem.id, *(literal(value, columns[name].type) for name, value in constants.items())
    ).where(named(**media))
    added = (
        upsert(WatchlistEntry)
        .from_select(["media_item_id", *constants], source)
        .on_conflict_do_nothing(index_elements=["user_id", "media_item_id"])
        .returning(WatchlistEntry.id)
    )
    entry_id = await work.session.scalar(added)
    if entry_id is not None:
        return entry_id
    existing = select(WatchlistEntry.id).join(MediaItem, MediaItem.id == WatchlistEntry.media_item_id)
    existing_id = await work.session.scalar(existing.where(WatchlistEntry.user_id == viewer.id, named(**media)))
    if existing_id is None:
        raise unknown_title()
    raise refused(ErrorCode.ALREADY_EXISTS, "This title is on your list already.", "media", existing_id=existing_id)


async def update_watchlist_entry(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    entry_id: str,
    status: WatchStatus | None | Unset = UNSET,
    rating: int | None | Unset = UNSET,
    notes: str | None | Unset = UNSET,
    notes_visibility: Visibility | None | Unset = UNSET,
    expected_version: int | None = None,
) -> str:
    """Changes what is set of an entry of the viewer's. Null clears rating and notes."""
    changes: dict[str, Any] = {}
    for name, value in (("status", status), ("notes_visibility", notes_visibility)):
        if is_set(value):
            if value is None:
                raise required({"notes_visibility": "notesVisibility"}.get(name, name))
            changes[name] = value
    if is_set(rating):
        changes["rating"] = _rating(rating)
    if is_set(notes):
        changes["notes"] = cleaned_or_none(notes, "notes", maximum=MAX_NOTES)
    own = (WatchlistEntry.id == entry_id, WatchlistEntry.user_id == viewer.id)
    if changes:
        version = () if expected_version is None else (WatchlistEntry.version == expected_version,)
        changed = (
            update(WatchlistEntry)
            .where(*own, *version)
            .values(**changes, version=WatchlistEntry.version + 1)
            .returning(WatchlistEntry.id)
            .execution_options(synchronize_session=False)
        )
        if await work.session.scalar(changed) is not None:
            return entry_id
    current = await work.session.scalar(select(WatchlistEntry.version).where(*own))
    if current is None:
        raise not_found("entry on your list", "id")
    if expected_version not in (None, current):
        message = f"The entry was changed in between: its version is {current}."
        raise refused(ErrorCode.STALE_VERSION, message, "expectedVersion", existing_id=entry_id)
    return entry_id


async def remove_from_watchlist(work: UnitOfWork, viewer: Viewer, *, entry_id: str) -> str:
    """Takes an entry off the viewer's list."""
    removed = (
        delete(WatchlistEntry)
        .where(WatchlistEntry.id == entry_id, WatchlistEntry.user_id == viewer.id)
        .returning(WatchlistEntry.id)
    )
    if await work.session.scalar(removed) is None:
        raise not_found("entry on your list", "id")
    return entry_id


async def ensure_on_watchlist(work: UnitOfWork, *, user_id: str, media_item_id: str) -> str:
    """The person's entry for the title, made with the default status unless it is there already."""
    ensured = (
        upsert(WatchlistEntry)
        .values(user_id=user_id, media_item_id=media_item_id)
        .on_conflict_do_nothing(index_elements=["user_id", "media_item_id"])
    )
    await work.session.execute(ensured)
    found = select(WatchlistEntry.id).where(
        WatchlistEntry.user_id == user_id, WatchlistEntry.media_item_id == media_item_id
    )
    entry_id: str = (await work.session.execute(found)).scalar_one()
    return entry_id


def _rating(value: int | None) -> int | None:
    if value is not None:
        within(value, "rating", minimum=MIN_RATING, maximum=MAX_RATING)
    return value
