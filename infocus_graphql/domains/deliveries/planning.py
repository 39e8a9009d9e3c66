"""Plans deliveries in the transaction that stores the notifications."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.deliveries.models import Delivery, DeliveryChannel
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.notifications.consuming import COUNTED, Stored
from infocus_graphql.domains.notifications.local_times import next_daily, quiet_until
from infocus_graphql.domains.notifications.models import EmailTiming
from infocus_graphql.domains.notifications.preferences import Schedule, schedules_of
from infocus_graphql.jobs.job_types import JobType
from infocus_graphql.jobs.queue import enqueue

DELIVER: Final = JobType("deliver_notification", attempts=5)
# Further events within this time are part of the same delivery.
_COLLECTING: Final = timedelta(minutes=5)


async def plan_deliveries(work: UnitOfWork, stored: Sequence[Stored]) -> None:
    """Plans the deliveries of notifications by the channels that their users want.

    Deliveries wait for the end of the user's quiet hours, digests for their time.
    """
    mailed = [each for each in stored if each.channels.email is not EmailTiming.OFF]
    verified = await _verified(work, [each.user_id for each in mailed])
    mailed = [each for each in mailed if each.user_id in verified]
    schedules = await schedules_of(work, [each.user_id for each in mailed])
    moment = now()
    rows = [_email(each, schedules[each.user_id], moment) for each in mailed]
    if not rows:
        return
    new = insert(Delivery).values(rows).on_conflict_do_nothing()
    planned = await work.session.execute(new.returning(Delivery.id, Delivery.due_at, Delivery.digest))
    for delivery_id, due_at, digest in planned.all():
        if not digest:
            await enqueue(
                work, DELIVER, {"id": delivery_id}, key=f"deliver:{delivery_id}", delay=due_at - moment
            )


def due_at(stored: Stored, schedule: Schedule, moment: datetime) -> datetime:
    """When a notification is delivered that is not part of a digest."""
    due = moment + _COLLECTING if stored.kind in COUNTED else moment
    return (quiet_until(due, schedule.zone, *schedule.quiet) if schedule.quiet else None) or due


def _email(stored: Stored, schedule: Schedule, moment: datetime) -> dict[str, object]:
    digest = stored.channels.email is EmailTiming.DAILY_DIGEST
    due = (
        next_daily(moment, schedule.zone, schedule.digest_at) if digest else due_at(stored, schedule, moment)
    )
    return {
        "id": new_id("nd"),
        "user_id": stored.user_id,
        "notification_id": stored.id,
        "channel": DeliveryChannel.EMAIL,
        "digest": digest,
        "due_at": due,
    }


async def _verified(work: UnitOfWork, user_ids: Sequence[str]) -> set[str]:
    """The users with a verified e-mail address."""
    query = select(User.id).where(User.id.in_(user_ids), User.email_verified_at.is_not(None))
    return set(await work.session.scalars(query))
