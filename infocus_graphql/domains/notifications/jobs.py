"""Background jobs of notifications: those about air dates, and the removal of old ones."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.identity.user_settings.models import UserSettings
from infocus_graphql.domains.notifications.consuming import Deliver, store
from infocus_graphql.domains.notifications.drafts import AIRING
from infocus_graphql.domains.notifications.models import Notification

_BATCH_SIZE: Final = 1000


async def notify_of_episodes(work: UnitOfWork, *, deliver: Deliver) -> bool:
    """Notifies users of the episodes that air today in their time zones, once each.

    Returns False: nothing is left to do.
    """
    moment = now()
    known = await work.session.scalars(select(UserSettings.time_zone).distinct())
    zones = sorted({"UTC", *(zone for zone in known if zone)})
    dates = [moment.astimezone(ZoneInfo(zone)).date() for zone in zones]
    drafts = await work.session.execute(text(AIRING), {"zones": zones, "dates": dates})
    await store(work, drafts.mappings().all(), deliver=deliver, once=True)
    return False


async def purge_notifications(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of notifications older than `keep`. Returns whether more may be left."""
    return await delete_batch(work, Notification, Notification.occurred_at < now() - keep, limit=_BATCH_SIZE)
