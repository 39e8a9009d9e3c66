"""What is done in the background about mails: finding out which one an address gets, and forgetting."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.registration.models import EmailToken
from infocus_graphql.domains.registration.writes import passwords, registration
from infocus_graphql.jobs.job_types import Handler, JobData, PermanentJobError
from infocus_graphql.mail.links import Links


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
    return await delete_batch(work, EmailToken, EmailToken.expires_at < now() - keep)


def _needed(links: Links | None) -> Links:
    if links is None:
        raise PermanentJobError("mails are off on this worker")
    return links
