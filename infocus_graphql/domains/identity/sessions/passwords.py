"""Use cases of passwords: sign-in, and changes. The mutations have checked the password before."""

from dataclasses import dataclass

from sqlalchemy import and_, update

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.sessions.models import Session
from infocus_graphql.domains.identity.sessions.writes import (
    IssuedSession,
    Lifetimes,
    open_session,
    revoke_sessions,
)
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import end_mailed_links, notify_user, wrong_password
from infocus_graphql.mail import security_notifications


@dataclass(frozen=True, slots=True)
class ProvedPassword:
    """A user whose password was verified, in the state of that time.

    `password_hash` is the hash to store: another one if the parameters of the stored hash are outdated.
    """

    user: User
    password_hash: str


async def sign_in(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    proved: ProvedPassword,
    lifetimes: Lifetimes,
    device: str | None,
    ip_prefix: str | None,
) -> IssuedSession:
    """Opens a session for a user whose password was verified and who has no second factor."""
    await rehash_password(work, viewer, proved=proved)
    return await open_session(
        work,
        viewer,
        user_id=proved.user.id,
        is_staff=proved.user.is_staff,
        lifetimes=lifetimes,
        device=device,
        ip_prefix=ip_prefix,
        version=proved.user.credentials_version,
    )


async def rehash_password(work: UnitOfWork, viewer: Viewer, *, proved: ProvedPassword) -> None:
    """Replaces a hash that has outdated parameters, unless the password was changed concurrently."""
    user = proved.user
    if proved.password_hash != user.password_hash:
        unchanged = (User.id == user.id, User.password_hash == user.password_hash)
        await work.session.execute(update(User).where(*unchanged).values(password_hash=proved.password_hash))


async def change_password(
    work: UnitOfWork, viewer: Viewer, *, old_hash: str, new_hash: str, keep_other_sessions: bool
) -> None:
    """Replaces the viewer's password, and revokes their other sessions unless `keep_other_sessions`.

    `old_hash` is the hash that the current password was checked against. If another hash is stored by now,
    the password was changed concurrently and the change is rejected.
    """
    unchanged = (User.id == viewer.id, User.password_hash == old_hash)
    changed = update(User).where(*unchanged).values(password_hash=new_hash).returning(User.id)
    if await work.session.scalar(changed) is None:
        raise wrong_password("currentPassword")
    await end_mailed_links(work, viewer.id)
    audit(work, AuditAction.PASSWORD_CHANGED, actor=viewer.id, object_id=viewer.id)
    await notify_user(work, viewer.id, security_notifications.password_was_changed)
    if not keep_other_sessions:
        others = Session.id.is_distinct_from(viewer.session_id)
        await revoke_sessions(work, and_(Session.user_id == viewer.id, others))
