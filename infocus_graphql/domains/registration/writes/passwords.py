"""Password reset: requesting the link, and setting the new password."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.sessions.models import Session
from infocus_graphql.domains.identity.sessions.writes import revoke_sessions
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import end_mailed_links, notify_user, verify_address
from infocus_graphql.domains.registration.models import EmailPurpose, EmailToken
from infocus_graphql.domains.registration.writes import tokens
from infocus_graphql.jobs.job_types import JobType
from infocus_graphql.jobs.queue import enqueue
from infocus_graphql.mail import security_notifications, templates
from infocus_graphql.mail.links import Links
from infocus_graphql.mail.outbox import post

MAIL_RESET: Final = JobType("mail_reset")


@dataclass(frozen=True, slots=True)
class ResetSubject:
    """The user resetting a password. Name and e-mail address are hints for the strength check."""

    email: str
    name: str | None


async def request_reset(work: UnitOfWork, viewer: Viewer, *, email: str) -> None:
    """Enqueues the e-mail with the link. Doesn't look up the address, so that timing reveals nothing."""
    await enqueue(work, MAIL_RESET, {"email": email}, key=f"reset:{email}")


async def mail_reset(work: UnitOfWork, *, email: str, links: Links) -> None:
    """Mails a reset link to the address, if it has an account and is within its quota."""
    user = await work.session.scalar(select(User).where(func.lower(User.email) == email))
    if user is None or not await tokens.within_mail_quota(work, email):
        return
    row = await tokens.prepare(work, EmailPurpose.PASSWORD_RESET, email=email, user_id=user.id)
    message = templates.reset_password(
        email,
        name=user.name,
        link=links.reset_password(await tokens.make(work, row)),
        valid_for=tokens.LIFETIMES[row.purpose],
    )
    await post(work, message, about=user.id)


async def reset_subject(unit: ReadUnit, viewer: Viewer, *, token: str) -> ResetSubject:
    """Returns the user of a valid token. Rejects an invalid token before the new password is hashed."""
    user = await _user_of(unit, await tokens.find_valid_token(unit, token, EmailPurpose.PASSWORD_RESET))
    return ResetSubject(user.email, user.name)


async def reset_password(work: UnitOfWork, viewer: Viewer, *, token: str, password_hash: str) -> None:
    """Sets the new password, revokes all sessions, and marks the address as verified (it got the token)."""
    row = await tokens.lock_valid_token(work, token, EmailPurpose.PASSWORD_RESET)
    user = await _user_of(work, row)
    await end_mailed_links(work, user.id)
    await work.session.execute(update(User).where(User.id == user.id).values(password_hash=password_hash))
    audit(work, AuditAction.PASSWORD_RESET, actor=user.id, object_id=user.id)
    await notify_user(work, user.id, security_notifications.password_was_changed)
    await verify_address(work, user_id=user.id)
    await tokens.consume(work, row)
    await revoke_sessions(work, Session.user_id == user.id)


async def _user_of(unit: ReadUnit, row: EmailToken) -> User:
    query = select(User).where(User.id == row.user_id).options(undefer(User.email))
    user: User = (await unit.execute(query)).scalar_one()
    return user
