"""What is done in the background about mails: finding out which one an address gets, and forgetting."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.domains.registration.models import EmailToken
from infocus_graphql.domains.registration.writes import passwords, registration
from infocus_graphql.jobs.job_types import Handler, JobData, PermanentJobError
from infocus_graphql.mail.links import Links

_AT_ONCE: Final = 1000


def confirmation_mail_handler(database: Database, links: Links | None) -> Handler:
    """The handler that mails waiting registrations and changes of address."""

    async def mail(data: JobData) -> None:
        await database.transaction(
            registration.mail_confirmation, token_id=str(data["id"]), links=_needed(links)
        )

    return mail


def reset_mail_handler(database: Database, links: Links | None) -> Handler:
    """The handler that mails links for new passwords."""

    async def mail(data: JobData) -> None:
        await database.transaction(passwords.mail_reset, email=str(data["email"]), links=_needed(links))

    return mail


async def purge_email_tokens(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some tokens that ran out that long ago, used or not; whether there may be more.

    Until then they count for how many mails an address gets: that takes an hour at least.
    """
    old = select(EmailToken.id).where(EmailToken.expires_at < now() - keep)
    some = old.limit(_AT_ONCE).with_for_update(skip_locked=True).scalar_subquery()
    result: Any = await work.session.execute(
        delete(EmailToken).where(EmailToken.id.in_(some)).execution_options(synchronize_session=False)
    )
    return bool(result.rowcount == _AT_ONCE)


def _needed(links: Links | None) -> Links:
    if links is None:
        raise PermanentJobError("mails are off on this worker")
    return links
