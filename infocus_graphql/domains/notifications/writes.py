"""Use cases of notifications."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select, update

from infocus_graphql.core.errors import ErrorCode, Problems, Refused, refused
from infocus_graphql.core.text import check_count
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.notifications.models import Notification

MAX_IDS: Final = 100


async def mark_read(
    work: UnitOfWork, viewer: Viewer, *, ids: Sequence[str] | None, every: bool
) -> tuple[str, ...]:
    """Marks the viewer's notifications as read: those in `ids`, or every one.

    Returns the ids of those in `ids`, or of those that were unread, newest first.
    """
    if (ids is None) == (not every):
        raise refused(ErrorCode.INVALID, "Pass either the ids of notifications or all.", "ids")
    own = [Notification.user_id == viewer.id, Notification.in_app.is_(True)]
    if ids is not None:
        await _check(work, viewer, ids)
        own.append(Notification.id.in_(ids))
    # Locked in one order, so that two calls with the same notifications wait for each other.
    unread = select(Notification.id).where(*own, Notification.read_at.is_(None))
    found = list(await work.session.scalars(unread.order_by(Notification.id).with_for_update()))
    read = update(Notification).where(Notification.id.in_(found)).values(read_at=func.now())
    await work.session.execute(read.execution_options(synchronize_session=False))
    return tuple(ids) if ids is not None else tuple(found[::-1][:MAX_IDS])


async def _check(work: UnitOfWork, viewer: Viewer, ids: Sequence[str]) -> None:
    """Refuses ids that aren't those of the viewer's notifications."""
    check_count(len(ids), "ids", maximum=MAX_IDS)
    query = select(Notification.id).where(
        Notification.id.in_(ids), Notification.user_id == viewer.id, Notification.in_app
    )
    known = set(await work.session.scalars(query))
    with Problems() as problems:
        for index, each in enumerate(ids):
            if each not in known:
                problems.add(_unknown(index))


def _unknown(index: int) -> Refused:
    return refused(ErrorCode.NOT_FOUND, "There is no such notification.", "ids", str(index))
