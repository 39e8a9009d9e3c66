"""Makes notifications of the log of events, each event exactly once.

The position in the log is stored in the transaction of the notifications, and its row is locked meanwhile. So
a consumer that is killed leaves either both or neither, and two consumers never handle the same event.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import structlog
from sqlalchemy import Executable, RowMapping, case, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.ids import new_id
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.domains.events.models import CHANNEL, Event
from infocus_graphql.domains.notifications.drafts import DRAFTS
from infocus_graphql.domains.notifications.models import (
    DEFAULTS,
    Channels,
    EmailTiming,
    Notification,
    NotificationKind,
    NotificationPosition,
)
from infocus_graphql.domains.notifications.preferences import channels_of

log = structlog.get_logger("infocus.notifications")

# The kinds of which further events increase the count of an unread notification.
COUNTED: Final = (NotificationKind.ENTRIES_ADDED, NotificationKind.JOB_FAILED)
NO_CHANNELS: Final = Channels(in_app=False, email=EmailTiming.OFF)
_BATCH: Final = 500
_ROWS_AT_ONCE: Final = 1000
_POLL_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 5.0

Draft: TypeAlias = RowMapping


class Stored(NamedTuple):
    """A notification that was stored or renewed, with the channels that its user wants."""

    id: str
    user_id: str
    kind: NotificationKind
    channels: Channels


Deliver: TypeAlias = Callable[[UnitOfWork, Sequence[Stored]], Awaitable[None]]
"""Plans the deliveries of notifications by other channels, in the same transaction."""


async def consume(work: UnitOfWork, *, deliver: Deliver) -> bool:
    """Makes the notifications of the next events. Returns whether there may be more events.

    Does nothing while another consumer holds the lock.
    """
    reached = select(NotificationPosition.event_id).scalar_subquery()
    if await work.session.scalar(select(Event.id).where(Event.id > reached).limit(1)) is None:
        return False  # without a lock, as most calls end here
    lock = select(NotificationPosition).with_for_update(skip_locked=True)
    position = await work.session.scalar(lock)
    if position is None:
        return False
    following = select(Event.id).where(Event.id > position.event_id).order_by(Event.id).limit(_BATCH)
    ids = list(await work.session.scalars(following))
    if not ids:
        return False
    drafts = await work.session.execute(text(DRAFTS), {"after": position.event_id, "last": ids[-1]})
    await store(work, drafts.mappings().all(), deliver=deliver)
    await work.session.execute(update(NotificationPosition).values(event_id=ids[-1]))
    return len(ids) == _BATCH


async def store(work: UnitOfWork, drafts: Sequence[Draft], *, deliver: Deliver, once: bool = False) -> None:
    """Stores notifications that their users want, and plans their deliveries.

    A notification that exists becomes unread again, or with `once`, stays as it is.
    """
    for start in range(0, len(drafts), _ROWS_AT_ONCE):
        part = drafts[start : start + _ROWS_AT_ONCE]
        kinds = [(str(draft["user_id"]), NotificationKind(draft["kind"])) for draft in part]
        chosen = await channels_of(work, kinds)
        wanted = {each: chosen.get(each, DEFAULTS[each[1]]) for each in kinds}
        rows = [
            {**draft, "id": new_id("no"), "kind": each[1], "in_app": wanted[each].in_app}
            for draft, each in zip(part, kinds, strict=True)
            if wanted[each] != NO_CHANNELS
        ]
        if rows:
            stored = await work.session.execute(_storing(rows, once=once))
            await deliver(
                work, [Stored(row.id, row.user_id, row.kind, wanted[row.user_id, row.kind]) for row in stored]
            )


def _storing(rows: list[dict[str, Any]], *, once: bool) -> Executable:
    new = insert(Notification).values(rows)
    shown = (Notification.id, Notification.user_id, Notification.kind)
    found = ["user_id", "merge_key"]
    if once:
        return new.on_conflict_do_nothing(index_elements=found).returning(*shown)
    added, old = new.excluded, Notification
    counts = (old.read_at.is_(None)) & old.kind.in_(COUNTED)
    renewed = {
        "count": case((counts, old.count + added.count), else_=added.count),
        "occurred_at": func.greatest(old.occurred_at, added.occurred_at),
        "actor_id": added.actor_id,
        "media_item_id": added.media_item_id,
        "subject_id": added.subject_id,
        "in_app": added.in_app,
        "read_at": None,
    }
    return new.on_conflict_do_update(index_elements=found, set_=renewed).returning(*shown)


async def relay(work: UnitOfWork) -> None:
    """Moves new events to the log. Server processes do so too, but a worker may run without one."""
    await work.execute(select(func.relay_events(_ROWS_AT_ONCE)))


class NotificationConsumer:
    """Consumes the log of events while `run` runs, in every worker."""

    channel = CHANNEL

    def __init__(self, database: Database, deliver: Deliver) -> None:
        self._database, self._deliver = database, deliver
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Consumes soon. Called when there are new events."""
        self._woken.set()

    async def run(self) -> None:
        """Consumes events until it is cancelled."""
        while True:
            try:
                await self._database.transaction(relay)
                while await self._database.transaction(consume, deliver=self._deliver):
                    pass
                await self._database.transaction(relay)  # the events of the notifications
            except Exception as error:  # the next round continues from the stored position
                log.warning("notifications delayed", reason=type(error).__name__, exc_info=error)
                await asyncio.sleep(_RETRY_SECONDS)
            try:
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                continue
            self._woken.clear()
