"""Erases accounts: all data about the user is deleted or anonymised."""

from typing import Final

from sqlalchemy import Executable, delete, func, or_, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction, AuditEvent
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.families.models import FamilyInvitation, FamilyMembership
from infocus_graphql.domains.idempotency.models import IdempotencyRecord
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.privacy.models import AccountDeletion
from infocus_graphql.domains.privacy.writes.ownership_transfers import leave_families
from infocus_graphql.domains.registration.models import EmailToken
from infocus_graphql.jobs.erasure import purge_mentions
from infocus_graphql.jobs.job_types import JobType, RetryableJobError
from infocus_graphql.jobs.queue import enqueue
from infocus_graphql.mail import templates
from infocus_graphql.mail.outbox import post
from infocus_graphql.rate_limiting.postgres_store import purge_user_rates

DELETE_ACCOUNT: Final = JobType("delete_account")

_BATCH_SIZE: Final = 100
_ANSWERED: Final = (AuditAction.INVITATION_ACCEPTED, AuditAction.INVITATION_DECLINED)


async def enqueue_due_deletions(work: UnitOfWork) -> bool:
    """Enqueues one job per account whose deletion is due, so that a failure doesn't delay other accounts."""
    due = select(AccountDeletion.user_id).where(AccountDeletion.scheduled_at <= now())
    for user_id in await work.session.scalars(due.order_by(AccountDeletion.scheduled_at).limit(_BATCH_SIZE)):
        await enqueue(work, DELETE_ACCOUNT, {"id": user_id}, key=f"delete:{user_id}")
    return False


async def erase(work: UnitOfWork, *, user_id: str) -> bool:
    """Erases an account whose deletion is due. False if there is no such account.

    Rows that reference the user are deleted by foreign keys (ON DELETE CASCADE). This function deletes the
    other traces: jobs, stored responses, invitations, tokens and audit events that contain the id or address.
    """
    query = select(User).where(User.id == user_id).options(undefer(User.email)).with_for_update()
    user = await work.session.scalar(query)
    due = select(AccountDeletion.user_id).where(
        AccountDeletion.user_id == user_id, AccountDeletion.scheduled_at <= now()
    )
    if user is None or await work.session.scalar(due) is None:
        return False
    farewell = templates.account_was_deleted(user.email, name=user.name, at=now())
    await _erase_jobs(work, user.id, user.email)
    await _delete_responses(work, user.id)
    await _erase_invitations(work, user.id, user.email)
    await leave_families(work, user_id=user.id)
    # Includes tokens that belong to no or another user: registrations and address changes with this address.
    await _run(work, delete(EmailToken).where(EmailToken.email == user.email))
    await purge_user_rates(work, user.id)
    await work.session.flush()
    await _run(work, delete(User).where(User.id == user.id))
    # Again: transactions that the DELETE waited for may have enqueued further jobs.
    await _erase_jobs(work, user.id, user.email)
    await work.session.scalar(select(func.anonymise_audit_events(user.id)))
    await work.session.scalar(select(func.anonymise_events(user.id)))
    audit(work, AuditAction.ACCOUNT_DELETED, actor=None)
    await post(work, farewell)
    return True


async def _erase_jobs(work: UnitOfWork, user_id: str, email: str) -> None:
    """Deletes the jobs about the user. Raises RetryableJobError if one is running, as it may be retried."""
    if await purge_mentions(work, user_id, email, but=DELETE_ACCOUNT):
        raise RetryableJobError("a job about this account is running")


async def _delete_responses(work: UnitOfWork, user_id: str) -> None:
    """Clears idempotency records that may contain data of the user.

    Without the stored response, a retry builds a new one from the stored result. If the result itself names
    the user, it is cleared too, and the retry gets IDEMPOTENCY_RESPONSE_LOST.
    """
    families = select(FamilyMembership.family_id).where(FamilyMembership.user_id == user_id)
    relatives = select(FamilyMembership.user_id).where(FamilyMembership.family_id.in_(families))
    condition = or_(IdempotencyRecord.user_id.in_(relatives), IdempotencyRecord.response.contains(user_id))
    await _run(work, update(IdempotencyRecord).where(condition).values(response=None))
    named = IdempotencyRecord.payload.contains(user_id)
    await _run(work, update(IdempotencyRecord).where(named).values(payload=None))


async def _erase_invitations(work: UnitOfWork, user_id: str, email: str) -> None:
    """Deletes invitations to the user's address, and those that they answered with an earlier address."""
    answered = select(AuditEvent.object_id).where(
        AuditEvent.actor_id == user_id, AuditEvent.action.in_(_ANSWERED)
    )
    to_them = or_(FamilyInvitation.email == email.lower(), FamilyInvitation.id.in_(answered))
    await _run(work, delete(FamilyInvitation).where(to_them))


async def _run(work: UnitOfWork, statement: Executable) -> None:
    await work.session.execute(statement.execution_options(synchronize_session=False))
