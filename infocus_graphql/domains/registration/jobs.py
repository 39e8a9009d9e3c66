"""Background jobs of registration: sending links by e-mail, and deletion of old tokens."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.registration.models import EmailToken
from infocus_graphql.domains.registration.writes import passwords, registration
from infocus_graphql.jobs.job_types import Handler, JobData, PermanentJobError
from infocus_graphql.mail.links import Links


def confirmation_mail_handler(database: Database, links: Links | None) -> Handler:
    """Returns the job handler that mails the links of pending registrations and address changes."""

    async def mail(data: JobData) -> None:
        await database.transaction(
            registration.mail_confirmation, token_id=str(data["id"]), links=_needed(links)
        )

    return mail


def reset_mail_handler(database: Database, links: Links | None) -> Handler:
    """Returns the job handler that mails password reset links."""

    async def mail(data: JobData) -> None:
        await database.transaction(passwords.mail_reset, email=str(data["email"]), links=_needed(links))

    return mail


async def purge_email_tokens(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of tokens, used or not, that expired more than `keep` ago.

    Returns whether more may be left. `keep` must be at least an hour, because the rows count towards the
    hourly quota of e-mails per address.
    """
    return await delete_batch(work, EmailToken, EmailToken.expires_at < now() - keep)


def _needed(links: Links | None) -> Links:
    if links is None:
        raise PermanentJobError("mails are off on this worker")
    return links
