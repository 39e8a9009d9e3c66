"""Tokens that go by mail: making one, and taking one back."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, not_found, refused
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.registration.models import EmailPurpose, EmailToken
from infocus_graphql.jobs.job_types import JobType
from infocus_graphql.security.access_tokens import random_token, token_hash

LIFETIMES: Final = {
    EmailPurpose.REGISTRATION: timedelta(hours=24),
    EmailPurpose.VERIFICATION: timedelta(hours=24),
    EmailPurpose.PASSWORD_RESET: timedelta(hours=1),
    EmailPurpose.ADDRESS_CHANGE: timedelta(hours=1),
}
MAIL_CONFIRMATION: Final = JobType("mail_confirmation")

# So that nobody can fill somebody's mailbox, from however many addresses they ask.
_SPAN: Final = timedelta(hours=1)
_MOST: Final = 5


async def prepare(
    work: UnitOfWork,
    purpose: EmailPurpose,
    *,
    email: str,
    user_id: str | None = None,
    version: int | None = None,
    name: str | None = None,
    password_hash: str | None = None,
) -> EmailToken:
    """A row for a token that is still to be made; until then it is good for nothing.

    `version` is the account's `credentials_version` when the request was checked; None means the present one.
    """
    checked: Any = 0 if user_id is None else version
    if checked is None:
        checked = select(User.credentials_version).where(User.id == user_id).scalar_subquery()
    row = EmailToken(
        purpose=purpose,
        email=email,
        user_id=user_id,
        credentials_version=checked,
        name=name,
        password_hash=password_hash,
        expires_at=now() + LIFETIMES[purpose],
    )
    work.session.add(row)
    await work.session.flush()
    return row


async def make(work: UnitOfWork, row: EmailToken) -> str:
    """The token of a prepared row, for the mail; only its hash is kept."""
    token = random_token()
    row.token_hash = token_hash(token)
    await work.session.flush()
    return token


async def within_mail_quota(work: UnitOfWork, email: str, *, but: str | None = None) -> bool:
    """Whether this address can get another mail now: five an hour.

    Counted are the rows for the address, but for the one with the id `but`. Who asks isn't told; they would
    learn that somebody else has asked.
    """
    # Asked one after the other for one address, or two that come together would both pass.
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"mail to {email}"))))
    counted = select(func.count()).where(
        EmailToken.email == email,
        EmailToken.id.is_distinct_from(but),
        EmailToken.created_at > now() - _SPAN,
    )
    return (await work.session.scalar(counted) or 0) < _MOST


async def lock_valid_token(work: UnitOfWork, token: str, *purposes: EmailPurpose) -> EmailToken:
    """The row of a token that came back; refuses one that is unknown, used, too old, or outdated.

    Tokens for other purposes are unknown here. The account is locked before the token, as in every other
    use case, so that the account can't change between this check and the commit.
    """
    which = (EmailToken.token_hash == token_hash(token), EmailToken.purpose.in_(purposes))
    user_id = await work.session.scalar(select(EmailToken.user_id).where(*which))
    if user_id is not None:
        await work.session.execute(select(User.id).where(User.id == user_id).with_for_update())
    row = await work.session.scalar(
        select(EmailToken)
        .where(*which)
        .options(undefer(EmailToken.email), undefer(EmailToken.name), undefer(EmailToken.password_hash))
        .with_for_update()
    )
    if row is None:
        raise not_found("link", "token")
    if row.used_at is not None:
        raise refused(ErrorCode.ALREADY_PROCESSED, "This link was used before.", "token")
    if row.expires_at <= now():
        raise refused(ErrorCode.EXPIRED, "This link has expired. Ask for a new one.", "token")
    if not await counts(work, row):
        message = "Your account has changed since this link was sent. Ask for a new one."
        raise refused(ErrorCode.EXPIRED, message, "token")
    return row


async def counts(work: UnitOfWork, row: EmailToken) -> bool:
    """Whether the account is still as it was when the link was asked for, as far as that matters."""
    if row.user_id is None:
        return True
    unchanged = []
    if row.purpose.ends_with_credentials:
        unchanged.append(User.credentials_version == EmailToken.credentials_version)
    if row.purpose is not EmailPurpose.ADDRESS_CHANGE:
        unchanged.append(User.email == EmailToken.email)
    account = select(User.id).join(EmailToken, EmailToken.user_id == User.id)
    return await work.session.scalar(account.where(EmailToken.id == row.id, *unchanged)) is not None


def discard(row: EmailToken) -> None:
    """Ends a row that never gets a token, and what waited with it; it still counts for `may_mail`."""
    row.used_at, row.name, row.password_hash = now(), None, None


async def consume(work: UnitOfWork, row: EmailToken) -> None:
    """Notes that the token was used; what waited with it is forgotten.

    Its person's other tokens of this kind end with it: a mail that lies around opens nothing more.
    """
    others = EmailToken.user_id == row.user_id if row.user_id else EmailToken.email == row.email
    ended = update(EmailToken).where(others, EmailToken.purpose == row.purpose, EmailToken.used_at.is_(None))
    await work.session.execute(
        ended.values(used_at=now(), name=None, password_hash=None).execution_options(
            synchronize_session=False
        )
    )
