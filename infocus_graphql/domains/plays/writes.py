"""Use cases of plays: logging, undoing, and starting a rewatch.

Each locks the watchlist entry first, so that concurrent calls for an entry run one after another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from infocus_graphql.core.errors import ErrorCode, Problems, refused
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.text import validated_text_or_none
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import sql_viewer
from infocus_graphql.domains.plays.dates import WatchDate
from infocus_graphql.domains.plays.models import (
    MAX_NOTE,
    MAX_RETURNED,
    MAX_SOURCE,
    WatchDatePrecision,
    WatchEvent,
)
from infocus_graphql.domains.plays.progress import counts, derived_status
from infocus_graphql.domains.plays.targets import Target, watched_things
from infocus_graphql.domains.streaming.models import StreamingService
from infocus_graphql.domains.watchlists.models import WatchlistEntry, WatchStatus
from infocus_graphql.domains.watchlists.writes import ensure_on_watchlist

_SAME_PLAY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Logged:
    """The ids of what a use case changed."""

    entry_id: str
    media_item_id: str
    play_ids: tuple[str, ...] = ()
    count: int = 0


async def log_watch(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    target: Target,
    when: WatchDate,
    again: bool,
    streaming_service_id: str | None,
    source: str | None,
    note: str | None,
) -> Logged:
    """Logs plays of a film or of episodes; adds the title to the viewer's list if it isn't there.

    Unless `again`, a thing that has a play at the same time gets no second one, and of a season, a series and
    "up to here" only unwatched episodes get one.
    """
    details: dict[str, object] = {"streaming_service_id": streaming_service_id}
    with Problems() as problems:
        problems.of(target.check)
        if streaming_service_id is not None and not await _has_service(work, streaming_service_id):
            message = "There is no such streaming service."
            problems.add(refused(ErrorCode.NOT_FOUND, message, "streamingServiceId"))
        details["source"] = problems.of(validated_text_or_none, source, "source", maximum=MAX_SOURCE)
        details["note"] = problems.of(
            validated_text_or_none, note, "note", maximum=MAX_NOTE, keep_line_breaks=True
        )
    media_item_id = await target.lock_title(work)
    entry_id = await ensure_on_watchlist(work, user_id=viewer.id or "", media_item_id=media_item_id)
    entry = await _locked(work, viewer, entry_id)
    things = await watched_things(work, viewer, target, entry, again=again)
    same = {} if again else await _same_plays(work, entry, things, when)
    new = [
        {
            "id": new_id("wa"),
            "user_id": viewer.id,
            "entry_id": entry_id,
            "episode_id": episode_id,
            "watched_at": when.watched_at,
            "precision": when.precision,
            "rewatch": entry.rewatch_count,
            **details,
        }
        for episode_id in things
        if episode_id not in same
    ]
    if new:
        await work.session.execute(insert(WatchEvent), new)
        await _touch(work, entry_id, await _derived(work, viewer, entry_id))
    made = {row["episode_id"]: str(row["id"]) for row in new} | same
    ids = [made[episode_id] for episode_id in things]
    return Logged(entry_id, media_item_id, tuple(ids[-MAX_RETURNED:]), len(new))


async def undo_watch(work: UnitOfWork, viewer: Viewer, *, play_id: str) -> Logged:
    """Deletes one of the viewer's plays. The status follows, unless the user has chosen another since."""
    missing = refused(ErrorCode.NOT_FOUND, "You have no such play.", "watchEventId")
    own = (WatchEvent.id == play_id, WatchEvent.user_id == viewer.id)
    entry_id = await work.session.scalar(select(WatchEvent.entry_id).where(*own))
    if entry_id is None:
        raise missing
    entry = await _locked(work, viewer, entry_id)
    before = await _derived(work, viewer, entry_id)
    deleted = await work.session.scalar(delete(WatchEvent).where(*own).returning(WatchEvent.id))
    if deleted is None:
        raise missing
    after = await _derived(work, viewer, entry_id)
    await _touch(work, entry_id, after if entry.status is before else entry.status)
    return Logged(entry_id, entry.media_item_id)


async def start_rewatch(work: UnitOfWork, viewer: Viewer, *, entry_id: str) -> Logged:
    """Starts the progress of an entry again. Plays stay. A rewatch without plays stays the last."""
    entry = await _locked(work, viewer, entry_id)
    play = select(WatchEvent.id).where(
        WatchEvent.entry_id == entry_id, WatchEvent.rewatch == entry.rewatch_count
    )
    begun = await work.session.scalar(play.limit(1)) is not None
    if not begun and entry.rewatch_count == 0 and entry.status is not WatchStatus.COMPLETED:
        message = "You have not watched this title yet, so there is nothing to watch again."
        raise refused(ErrorCode.INVALID, message, "entryId")
    if begun or entry.rewatch_count == 0:
        await _touch(work, entry_id, WatchStatus.WATCHING, rewatch_count=entry.rewatch_count + 1)
    return Logged(entry_id, entry.media_item_id)


async def _has_service(work: UnitOfWork, service_id: str) -> bool:
    known = select(StreamingService.id).where(StreamingService.id == service_id)
    return await work.session.scalar(known.with_for_update(read=True, key_share=True)) is not None


async def _locked(work: UnitOfWork, viewer: Viewer, entry_id: str) -> MappedRow:
    """Returns the columns of the viewer's entry, locked. NOT_FOUND if it is not theirs."""
    columns: list[Any] = [
        WatchlistEntry.id,
        WatchlistEntry.media_item_id,
        WatchlistEntry.status,
        WatchlistEntry.rewatch_count,
    ]
    own = select(*columns).where(WatchlistEntry.id == entry_id, WatchlistEntry.user_id == viewer.id)
    entry = (await work.session.execute(own.with_for_update())).first()
    if entry is None:
        raise refused(ErrorCode.NOT_FOUND, "This entry is not on your watchlist.", "entryId")
    return entry


async def _same_plays(
    work: UnitOfWork, entry: MappedRow, things: Sequence[str | None], when: WatchDate
) -> dict[str | None, str]:
    """Returns the ids of the plays that are already logged for the time, by episode; None for the film."""
    same = [counts(WatchEvent, entry), WatchEvent.precision == when.precision]
    if when.precision is WatchDatePrecision.INSTANT and when.watched_at is not None:
        start, end = when.watched_at - _SAME_PLAY, when.watched_at + _SAME_PLAY
        same += [WatchEvent.watched_at > start, WatchEvent.watched_at < end]
    elif when.watched_at is not None:
        same.append(WatchEvent.watched_at == when.watched_at)
    ids = [each for each in things if each is not None]
    same.append(WatchEvent.episode_id.in_(ids) if ids else WatchEvent.episode_id.is_(None))
    columns: list[Any] = [WatchEvent.episode_id, WatchEvent.id]
    found = await work.session.execute(select(*columns).where(*same).order_by(WatchEvent.id.desc()))
    return {row.episode_id: row.id for row in found}  # the first of several


async def _derived(work: UnitOfWork, viewer: Viewer, entry_id: str) -> WatchStatus:
    status = select(derived_status(WatchlistEntry, sql_viewer(viewer))).where(WatchlistEntry.id == entry_id)
    return WatchStatus((await work.session.scalars(status)).one())


async def _touch(work: UnitOfWork, entry_id: str, status: WatchStatus, **values: object) -> None:
    """Updates the entry, which records the event ENTRY_UPDATED."""
    changed = update(WatchlistEntry).where(WatchlistEntry.id == entry_id)
    changed = changed.values(status=status, version=WatchlistEntry.version + 1, **values)
    await work.session.execute(changed.execution_options(synchronize_session=False))
