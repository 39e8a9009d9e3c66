"""Verification and change of e-mail addresses."""

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.core.emails import valid_email
from infocus_graphql.core.errors import ErrorCode, not_found, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import (
    end_mailed_links,
    verify_address,
    wrong_password,
)
from infocus_graphql.domains.registration.models import EmailPurpose, EmailToken
from infocus_graphql.domains.registration.writes import tokens
from infocus_graphql.jobs.queue import enqueue
from infocus_graphql.mail import templates
from infocus_graphql.mail.links import Links
from infocus_graphql.mail.outbox import post


async def request_verification(work: UnitOfWork, viewer: Viewer, *, email: str | None, links: Links) -> None:
    """Mails the viewer a verification link, within the quota of the address.

    INVALID if `email` is given and isn't the viewer's address; ALREADY_PROCESSED if it is verified.
    """
    user = await _own(work, viewer)
    if email is not None and valid_email(email, "expectedEmail") != user.email:
        message = "This is not the e-mail address of your account."
        raise refused(ErrorCode.INVALID, message, "expectedEmail")
    if user.email_verified_at is not None:
        raise refused(ErrorCode.ALREADY_PROCESSED, "Your e-mail address is already verified.")
    if await tokens.within_mail_quota(work, user.email):
        await mail_verification(work, user, links)


async def mail_verification(work: UnitOfWork, user: User, links: Links) -> None:
    """Mails a link that verifies the address of an account."""
    row = await tokens.prepare(work, EmailPurpose.VERIFICATION, email=user.email, user_id=user.id)
    await mail_link(work, row, links)


async def mail_link(work: UnitOfWork, row: EmailToken, links: Links) -> None:
    """Mails the link of a prepared token: for a registration, a verification or an address change."""
    name = row.name
    if row.user_id is not None:
        name = await work.session.scalar(select(User.name).where(User.id == row.user_id))
    to_change = row.purpose is EmailPurpose.ADDRESS_CHANGE
    path = links.confirm_email_change if to_change else links.verify_email
    message = templates.verify_address(
        row.email,
        name=name,
        link=path(await tokens.make(work, row)),
        valid_for=tokens.LIFETIMES[row.purpose],
    )
    await post(work, message, about=row.user_id)


async def confirm_address(work: UnitOfWork, row: EmailToken) -> None:
    """Marks the user's address as verified and consumes the token, which `lock_valid_token` has checked."""
    await verify_address(work, user_id=row.user_id)
    await tokens.consume(work, row)


async def request_change(work: UnitOfWork, viewer: Viewer, *, new_email: str, version: int) -> None:
    """Stores a change of the viewer's address until the link sent to the new address is opened.

    `version` is the `credentials_version` read when the password was checked; the request is rejected if it
    has risen since. As for registrations, the work is the same whether or not the new address has an account.
    """
    unchanged = select(User.id).where(User.id == viewer.id, User.credentials_version == version)
    if await work.session.scalar(unchanged.with_for_update(key_share=True)) is None:
        raise wrong_password()
    row = await tokens.prepare(
        work, EmailPurpose.ADDRESS_CHANGE, email=new_email, user_id=viewer.id, version=version
    )
    await enqueue(work, tokens.MAIL_CONFIRMATION, {"id": row.id})


async def confirm_change(work: UnitOfWork, viewer: Viewer, *, token: str) -> str:
    """Changes the account's address to the one that the token was sent to, and notifies both addresses.

    Invalidates all other links mailed for the account. Returns the user's id.
    """
    row = await tokens.lock_valid_token(work, token, EmailPurpose.ADDRESS_CHANGE)
    query = select(User).where(User.id == row.user_id).options(undefer(User.email))
    user = (await work.session.scalars(query)).one()
    if await work.session.scalar(select(User.id).where(func.lower(User.email) == row.email)):
        raise refused(ErrorCode.ALREADY_EXISTS, "A user with this e-mail address already exists.", "token")
    old, at = user.email, now()
    user.email, user.email_verified_at = row.email, at
    audit(work, AuditAction.EMAIL_CHANGED, actor=user.id, object_id=user.id)
    await tokens.consume(work, row)
    await end_mailed_links(work, user.id)
    await work.session.flush()
    notice = templates.address_was_changed(old, name=user.name, new_address=row.email, at=at)
    await post(work, notice, about=user.id)
    await post(work, templates.address_is_new(row.email, name=user.name, at=at), about=user.id)
    return user.id


async def _own(work: UnitOfWork, viewer: Viewer) -> User:
    loaded = (
        undefer(User.email),
        undefer(User.email_verified_at),
    )
    user: User | None = await work.session.scalar(select(User).where(User.id == viewer.id).options(*loaded))
    if user is None:
        raise not_found("account")
    return user
