"""Background jobs of deliveries: single e-mails and digests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, literal, null, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.deliveries.models import Delivery, DeliveryStatus
from infocus_graphql.domains.deliveries.unsubscribing import PATH, unsubscribe_token
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.notifications.models import Notification, NotificationKind
from infocus_graphql.domains.notifications.texts import GONE, text_of, title_of
from infocus_graphql.jobs.job_types import Handler, JobData
from infocus_graphql.mail.notifications import Item, digest, single
from infocus_graphql.mail.outbox import post
from infocus_graphql.settings import Settings
from infocus_graphql.settings.mail import MailBackend

_DIGESTS_AT_ONCE: Final = 20
_MOST_ITEMS: Final = 50


@dataclass(frozen=True, slots=True)
class MailUrls:
    """The base URLs of links in e-mails: of the web application, and of this API."""

    web: str
    api: str

    @classmethod
    def of(cls, settings: Settings) -> "MailUrls | None":
        """The URLs of this server; None if mail is off."""
        off = settings.mail_backend is MailBackend.OFF
        return None if off else cls(settings.web_address, settings.api_address)


def delivery_handler(database: Database, urls: MailUrls | None) -> Handler:
    """Returns the handler of single deliveries. Without URLs, e-mails are skipped."""

    async def handle(data: JobData) -> None:
        await database.transaction(deliver, delivery_id=str(data["id"]), urls=urls)

    return handle


async def deliver(work: UnitOfWork, *, delivery_id: str, urls: MailUrls | None) -> None:
    """Enqueues the e-mail of a delivery, in the transaction that marks it as delivered."""
    pending = select(Delivery).where(Delivery.id == delivery_id, Delivery.status == DeliveryStatus.PENDING)
    delivery = await work.session.scalar(pending.with_for_update())
    if delivery is None:
        return
    items = await _items(work, delivery.user_id, [delivery.notification_id])
    user = await _recipient(work, delivery.user_id)
    if items and user is not None and urls is not None:
        ((kind, item),) = items
        link = await _unsubscribe_link(work, urls, user.id, kind)
        await post(
            work,
            single(user.email, name=user.name, item=item, link=urls.web, unsubscribe=link),
            about=user.id,
        )
        await _finish(work, [delivery.id], DeliveryStatus.DELIVERED)
    else:
        await _finish(work, [delivery.id], DeliveryStatus.SKIPPED)


async def send_digests(work: UnitOfWork, *, urls: MailUrls | None) -> bool:
    """Enqueues a batch of the digests that are due. Returns whether more may be left."""
    due = (Delivery.status == DeliveryStatus.PENDING, Delivery.digest, Delivery.due_at <= now())
    users = select(Delivery.user_id).where(*due).distinct().limit(_DIGESTS_AT_ONCE)
    found = sorted(await work.session.scalars(users))
    # Locked in one order, so that another worker waits and then finds nothing.
    locked = select(User.id).where(User.id.in_(found)).order_by(User.id).with_for_update(key_share=True)
    for user_id in list(await work.session.scalars(locked)):
        own = select(Delivery).where(*due, Delivery.user_id == user_id).order_by(Delivery.id)
        deliveries = list(await work.session.scalars(own))
        items = await _items(work, user_id, [each.notification_id for each in deliveries])
        user = await _recipient(work, user_id)
        sent = False
        if items and user is not None and urls is not None:
            sent = True
            link = await _unsubscribe_link(work, urls, user_id, None)
            shown = [item for _, item in items]
            await post(
                work,
                digest(
                    user.email,
                    name=user.name,
                    items=shown[:_MOST_ITEMS],
                    more=max(len(shown) - _MOST_ITEMS, 0),
                    link=urls.web,
                    unsubscribe=link,
                ),
                about=user_id,
            )
        status = DeliveryStatus.DELIVERED if sent else DeliveryStatus.SKIPPED
        await _finish(work, [each.id for each in deliveries], status)
    return len(found) == _DIGESTS_AT_ONCE


async def _items(
    work: UnitOfWork, user_id: str, notification_ids: Sequence[str]
) -> list[tuple[NotificationKind, Item]]:
    """The unread notifications that the user can see, latest first."""
    viewer = SqlViewer(literal(user_id), null())
    query = (
        select(Notification.kind, title_of(Notification, viewer), text_of(Notification, viewer))
        .where(Notification.id.in_(notification_ids), Notification.read_at.is_(None))
        .order_by(Notification.occurred_at.desc(), Notification.id.desc())
    )
    rows = (await work.session.execute(query)).all()
    return [(kind, Item(title, text)) for kind, title, text in rows if text != GONE]


async def _recipient(work: UnitOfWork, user_id: str) -> Any:
    """The user, if their address is verified."""
    query = select(User).where(User.id == user_id, User.email_verified_at.is_not(None))
    return await work.session.scalar(query.options(undefer(User.email)))


async def _unsubscribe_link(
    work: UnitOfWork, urls: MailUrls, user_id: str, kind: NotificationKind | None
) -> str:
    return f"{urls.api}{PATH}?token={await unsubscribe_token(work, user_id=user_id, kind=kind)}"


async def _finish(work: UnitOfWork, ids: Sequence[str], status: DeliveryStatus) -> None:
    done = update(Delivery).where(Delivery.id.in_(ids)).values(status=status, finished_at=func.now())
    await work.session.execute(done.execution_options(synchronize_session=False))
