"""Creates, checks and consumes tokens that are sent by e-mail."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.db.database import ReadUnit, UnitOfWork
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

# Quota of e-mails per address, so that attackers can't flood a mailbox from many networks.
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
    """Creates the row of a token that `make` generates later. It can't be used before.

    `version` is the `credentials_version` read when the request was checked; None means the current one.
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
    """Generates and returns the token of a prepared row. Only its hash is stored."""
    token = random_token()
    row.token_hash = token_hash(token)
    await work.session.flush()
    return token


async def within_mail_quota(work: UnitOfWork, email: str, *, but: str | None = None) -> bool:
    """Whether another e-mail may be sent to the address now: five per hour.

    Counts the rows for the address, except the one with the id `but`. The result must not reach the client,
    because it would reveal that other requests were made for the address.
    """
    # Serialized per address, or two concurrent requests would both count four and pass.
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"mail to {email}"))))
    counted = select(func.count()).where(
        EmailToken.email == email,
        EmailToken.id.is_distinct_from(but),
        EmailToken.created_at > now() - _SPAN,
    )
    return (await work.session.scalar(counted) or 0) < _MOST


async def find_valid_token(unit: ReadUnit, token: str, *purposes: EmailPurpose) -> EmailToken:
    """Returns the row of a valid token for one of `purposes`.

    Raises NOT_FOUND for an unknown token or another purpose, ALREADY_PROCESSED for a used one, and EXPIRED if
    it has expired or the account has changed since.
    """
    private = (undefer(EmailToken.email), undefer(EmailToken.name), undefer(EmailToken.password_hash))
    query = select(EmailToken).where(*_conditions(token, purposes)).options(*private)
    row: EmailToken | None = await unit.scalar(query)
    if row is None:
        raise refused(ErrorCode.NOT_FOUND, "This link is not valid. Request a new one.", "token")
    if row.used_at is not None:
        raise refused(ErrorCode.ALREADY_PROCESSED, "This link has already been used.", "token")
    if row.expires_at <= now():
        raise refused(ErrorCode.EXPIRED, "This link has expired. Request a new one.", "token")
    if not await counts(unit, row):
        message = "Your account has changed since this link was sent. Request a new one."
        raise refused(ErrorCode.EXPIRED, message, "token")
    return row


async def lock_valid_token(work: UnitOfWork, token: str, *purposes: EmailPurpose) -> EmailToken:
    """Returns the row of a valid token like `find_valid_token`, with its user and the token locked.

    The user is locked before the token, as in every use case, so that the account can't change in between.
    """
    which = _conditions(token, purposes)
    user_id = await work.session.scalar(select(EmailToken.user_id).where(*which))
    if user_id is not None:
        await work.session.execute(select(User.id).where(User.id == user_id).with_for_update())
    await work.session.execute(select(EmailToken.id).where(*which).with_for_update())
    return await find_valid_token(work, token, *purposes)


def _conditions(token: str, purposes: Sequence[EmailPurpose]) -> tuple[ColumnElement[bool], ...]:
    return EmailToken.token_hash == token_hash(token), EmailToken.purpose.in_(purposes)


async def counts(unit: ReadUnit, row: EmailToken) -> bool:
    """Whether the account's credentials and address, if relevant for the purpose, are still the same."""
    if row.user_id is None:
        return True
    unchanged = []
    if row.purpose.ends_with_credentials:
        unchanged.append(User.credentials_version == EmailToken.credentials_version)
    if row.purpose is not EmailPurpose.ADDRESS_CHANGE:
        unchanged.append(User.email == EmailToken.email)
    account = select(User.id).join(EmailToken, EmailToken.user_id == User.id)
    return await unit.scalar(account.where(EmailToken.id == row.id, *unchanged)) is not None


def discard(row: EmailToken) -> None:
    """Discards a row that gets no token, and its data. It still counts in `within_mail_quota`."""
    row.used_at, row.name, row.password_hash = now(), None, None


async def consume(work: UnitOfWork, row: EmailToken) -> None:
    """Marks the token as used and deletes its data.

    Also invalidates all other tokens for the same user and purpose, so that older e-mails have no effect.
    """
    same_owner = EmailToken.user_id == row.user_id if row.user_id else EmailToken.email == row.email
    ended = update(EmailToken).where(
        same_owner, EmailToken.purpose == row.purpose, EmailToken.used_at.is_(None)
    )
    await work.session.execute(
        ended.values(used_at=now(), name=None, password_hash=None).execution_options(
            synchronize_session=False
        )
    )
