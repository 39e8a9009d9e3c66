"""Schedules and cancels the deletion of an account."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, not_found, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import require_unchanged_password
from infocus_graphql.domains.privacy.models import AccountDeletion
from infocus_graphql.domains.privacy.writes.ownership_transfers import (
    OwnershipTransfer,
    check_ownership_transfers,
    store_ownership_transfers,
)
from infocus_graphql.mail import templates
from infocus_graphql.mail.outbox import post


async def request_deletion(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    password_hash: str,
    decided: Sequence[OwnershipTransfer],
    grace: timedelta,
) -> str:
    """Schedules the deletion of the viewer's account. A repeated call replaces the decisions, not the time.

    `password_hash` is the hash that the password was checked against.
    """
    await require_unchanged_password(work, viewer, checked=password_hash)
    user = await _locked(work, viewer)
    await check_ownership_transfers(work, viewer, decided=decided)
    deletion = await work.session.get(AccountDeletion, user.id)
    if deletion is None:
        deletion = AccountDeletion(user_id=user.id, scheduled_at=now() + grace)
        work.session.add(deletion)
        await work.session.flush()
        audit(work, AuditAction.ACCOUNT_DELETION_REQUESTED, actor=user.id, object_id=user.id)
        message = templates.deletion_was_requested(user.email, name=user.name, at=deletion.scheduled_at)
        await post(work, message, about=user.id)
    await store_ownership_transfers(work, user_id=user.id, decided=decided)
    return user.id


async def cancel_deletion(work: UnitOfWork, viewer: Viewer, *, expected_scheduled_at: datetime | None) -> str:
    """Cancels the scheduled deletion of the viewer's account. Returns the user's id.

    NOT_FOUND if none is scheduled; STALE_VERSION if `expected_scheduled_at` differs from the scheduled time.
    """
    user = await _locked(work, viewer)
    deletion = await work.session.get(AccountDeletion, user.id)
    if deletion is None:
        raise refused(ErrorCode.NOT_FOUND, "No deletion of your account is scheduled.")
    if expected_scheduled_at is not None and expected_scheduled_at != deletion.scheduled_at:
        message = "The deletion is scheduled for another time by now."
        raise refused(ErrorCode.STALE_VERSION, message, "expectedScheduledAt")
    await work.session.execute(delete(AccountDeletion).where(AccountDeletion.user_id == user.id))
    audit(work, AuditAction.ACCOUNT_DELETION_CANCELLED, actor=user.id, object_id=user.id)
    await post(work, templates.deletion_was_cancelled(user.email, name=user.name), about=user.id)
    return user.id


async def _locked(work: UnitOfWork, viewer: Viewer) -> User:
    """Returns the viewer's user, locked: the lock serializes all changes to the account's deletion."""
    query = select(User).where(User.id == viewer.id).with_for_update(key_share=True)
    user: User | None = await work.session.scalar(query.options(undefer(User.email)))
    if user is None:
        raise not_found("account")
    return user
