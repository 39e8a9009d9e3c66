"""Use cases of notifications."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.errors import ErrorCode, Problems, Refused, not_found, refused
from infocus_graphql.core.text import check_count
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.notifications.models import (
    DEFAULT_DIGEST_TIME,
    DEFAULTS,
    Notification,
    NotificationKind,
    NotificationPreference,
    NotificationSchedule,
)
from infocus_graphql.domains.notifications.preferences import CHANNELS

MAX_IDS: Final = 100


async def mark_read(
    work: UnitOfWork, viewer: Viewer, *, ids: Sequence[str] | None, every: bool
) -> tuple[str, ...]:
    """Marks the viewer's notifications as read: those in `ids`, or every one.

    Returns the ids of those in `ids`, or of those that were unread, newest first.
    """
    if (ids is None) == (not every):
        raise refused(ErrorCode.INVALID, "Pass either the ids of notifications or all.", "notificationIds")
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
    check_count(len(ids), "notificationIds", maximum=MAX_IDS)
    query = select(Notification.id).where(
        Notification.id.in_(ids), Notification.user_id == viewer.id, Notification.in_app
    )
    known = set(await work.session.scalars(query))
    with Problems() as problems:
        for index, each in enumerate(ids):
            if each not in known:
                problems.add(_unknown(index))


def _unknown(index: int) -> Refused:
    return refused(ErrorCode.NOT_FOUND, "There is no such notification.", "notificationIds", str(index))


async def update_preferences(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    preferences: Sequence[Mapping[str, Any]] = (),
    quiet_hours: tuple[str, str] | Unset | None = UNSET,
    digest_at: str | Unset | None = UNSET,
) -> str:
    """Changes the viewer's channels and times that are set. Returns the user's id.

    The scalars of the input have validated the times.
    """
    locked = select(User.id).where(User.id == viewer.id).with_for_update(key_share=True)
    user_id: str | None = await work.session.scalar(locked)
    if user_id is None:
        raise not_found("account")
    times: dict[str, str | None] = {}
    if is_set(quiet_hours):
        start, end = quiet_hours or (None, None)
        times |= {"quiet_from": start, "quiet_until": end}
    if is_set(digest_at):
        times["digest_at"] = digest_at or DEFAULT_DIGEST_TIME
    _check_preferences(preferences, times)
    if times:
        changed = insert(NotificationSchedule).values(user_id=user_id, **times)
        changed = changed.on_conflict_do_update(index_elements=["user_id"], set_=times)
        await work.session.execute(changed)
    for chosen in preferences:
        await _choose(work, user_id, chosen)
    return user_id


def _check_preferences(preferences: Sequence[Mapping[str, Any]], times: Mapping[str, str | None]) -> None:
    """Refuses kinds that are listed twice, and quiet hours of no length."""
    seen: set[NotificationKind] = set()
    with Problems() as problems:
        for index, chosen in enumerate(preferences):
            if chosen["kind"] in seen:
                message = "Each kind can be listed once."
                problems.add(refused(ErrorCode.INVALID, message, "preferences", str(index), "kind"))
            seen.add(chosen["kind"])
        start, end = times.get("quiet_from"), times.get("quiet_until")
        if start is not None and start == end:
            message = "The quiet hours can't end when they begin."
            problems.add(refused(ErrorCode.INVALID, message, "quietHours", "quietUntil"))


async def _choose(work: UnitOfWork, user_id: str, chosen: Mapping[str, Any]) -> None:
    """Changes the channels of one kind. Null is as if the channel was omitted."""
    kind = chosen["kind"]
    values = {name: value for name, value in chosen.items() if name != "kind" and value is not None}
    if not values:
        return
    defaults = {name: getattr(DEFAULTS[kind], name) for name in CHANNELS}
    changed = insert(NotificationPreference).values(user_id=user_id, kind=kind, **{**defaults, **values})
    changed = changed.on_conflict_do_update(index_elements=["user_id", "kind"], set_=values)
    await work.session.execute(changed)
