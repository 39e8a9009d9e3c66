"""Enrols, confirms, disables and verifies the second factor."""

import re
import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.core.emails import valid_email
from infocus_graphql.core.errors import ErrorCode, Refused, not_found, refused
from infocus_graphql.core.viewer import ANONYMOUS, Viewer
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor
from infocus_graphql.domains.identity.sessions.models import Session
from infocus_graphql.domains.identity.sessions.writes import IssuedSession, Lifetimes, open_session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import end_mailed_links, notify_user
from infocus_graphql.mail import security_notifications
from infocus_graphql.security.access_tokens import token_hash
from infocus_graphql.security.mfa_challenges import MfaChallenge
from infocus_graphql.security.totp import matching_step, new_totp_secret

CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
RECENT: Final = timedelta(minutes=10)
BACKUP_CODES: Final = 10
_SEPARATORS: Final = re.compile(r"[\s-]")


@dataclass(frozen=True, slots=True)
class TotpEnrollment:
    """An unconfirmed TOTP secret, and the e-mail address that labels it in the authenticator app."""

    totp_secret: str
    email: str


async def begin(work: UnitOfWork, viewer: Viewer) -> TotpEnrollment:
    """Creates a TOTP secret for the viewer, replacing an unconfirmed one.

    ALREADY_EXISTS if the viewer has a confirmed second factor.
    """
    query = select(User).where(User.id == viewer.id).options(undefer(User.email)).with_for_update()
    user = await work.session.scalar(query)
    if user is None:
        raise not_found("account")
    if await is_enabled(work, viewer, user_id=user.id):
        raise refused(ErrorCode.ALREADY_EXISTS, "You already have a second factor. Disable it first.")
    await work.session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))
    secret = new_totp_secret()
    work.session.add(SecondFactor(user_id=user.id, totp_secret=secret))
    return TotpEnrollment(secret, user.email)


async def confirm(work: UnitOfWork, viewer: Viewer, *, code: str) -> Sequence[str]:
    """Confirms the viewer's TOTP secret with a first code. Returns new backup codes."""
    await end_mailed_links(work, viewer.id)
    factor = await _factor(work, viewer.id)
    if factor is None:
        raise refused(ErrorCode.NOT_FOUND, "Start the set-up of a second factor first.")
    if factor.confirmed_at is not None:
        raise refused(ErrorCode.ALREADY_PROCESSED, "Your second factor is already confirmed.")
    if not _is_code_of(factor, code):
        raise wrong_code()
    factor.confirmed_at = now()
    await record_step_up(work, viewer.session_id)
    audit(work, AuditAction.SECOND_FACTOR_ENABLED, actor=viewer.id)
    await notify_user(work, viewer.id, security_notifications.second_factor_was_added)
    return await _new_backup_codes(work, viewer.id)


async def regenerate_backup_codes(work: UnitOfWork, viewer: Viewer, *, code: str) -> Sequence[str]:
    """Replaces the viewer's backup codes and returns the new ones. Needs a valid code."""
    await end_mailed_links(work, viewer.id)
    await _use(work, viewer.id, code)
    audit(work, AuditAction.BACKUP_CODES_REGENERATED, actor=viewer.id)
    return await _new_backup_codes(work, viewer.id)


async def disable(work: UnitOfWork, viewer: Viewer, *, code: str) -> None:
    """Removes the viewer's second factor and backup codes. Needs a valid code."""
    await end_mailed_links(work, viewer.id)
    await _use(work, viewer.id, code)
    await work.session.execute(delete(SecondFactor).where(SecondFactor.user_id == viewer.id))
    await work.session.execute(delete(BackupCode).where(BackupCode.user_id == viewer.id))
    audit(work, AuditAction.SECOND_FACTOR_DISABLED, actor=viewer.id)
    await notify_user(work, viewer.id, security_notifications.second_factor_was_removed)


async def remove_second_factor(work: UnitOfWork, *, email: str) -> str:
    """Removes the second factor of the account with this address. Returns the user's id.

    For operators, when a user has lost both the app and the backup codes.
    """
    query = select(User.id).where(func.lower(User.email) == valid_email(email, "email"))
    user_id: str | None = await work.session.scalar(query)
    if user_id is None or not await is_enabled(work, ANONYMOUS, user_id=user_id):
        raise not_found("account with a second factor", "email")
    await end_mailed_links(work, user_id)
    await work.session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    await work.session.execute(delete(BackupCode).where(BackupCode.user_id == user_id))
    audit(work, AuditAction.SECOND_FACTOR_DISABLED, actor=None, target_user=user_id)
    await notify_user(work, user_id, security_notifications.second_factor_was_removed)
    return user_id


async def record_step_up_by_code(work: UnitOfWork, viewer: Viewer, *, code: str) -> None:
    """Marks the viewer's session as verified by a code, which permits sensitive changes for `RECENT`."""
    await _use(work, viewer.id, code)
    await record_step_up(work, viewer.session_id)


async def is_enabled(unit: ReadUnit, viewer: Viewer, *, user_id: str) -> bool:
    """Whether the user has a confirmed second factor."""
    confirmed = (SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None))
    return await unit.scalar(select(SecondFactor.id).where(*confirmed)) is not None


async def require_recent_second_factor(unit: ReadUnit, viewer: Viewer) -> None:
    """Raises SECOND_FACTOR_REQUIRED if the viewer has a second factor that this session has not used lately.

    "Lately" is within `RECENT`; a passkey counts as well.
    """
    if viewer.id is None or not await is_enabled(unit, viewer, user_id=viewer.id):
        return
    if not await _shown_lately(unit, viewer):
        message = "This needs your second factor. Call verifySecondFactor or verifyPasskey, and try again."
        raise refused(ErrorCode.SECOND_FACTOR_REQUIRED, message)


async def has_recent_step_up(unit: ReadUnit, viewer: Viewer) -> bool:
    """Whether this session was verified by a code or passkey within `RECENT`. If not, check the password.

    Raises SECOND_FACTOR_REQUIRED for viewers with a second factor: for them the password is not enough.
    """
    if await _shown_lately(unit, viewer):
        return True
    await require_recent_second_factor(unit, viewer)
    return False


async def require_recent_step_up(unit: ReadUnit, viewer: Viewer) -> None:
    """Raises REQUIRED unless this session was verified by a code or passkey within `RECENT`.

    For viewers who have not given their password, which would be an alternative.
    """
    if not await has_recent_step_up(unit, viewer):
        message = "Enter your password, or call verifyPasskey first."
        raise refused(ErrorCode.REQUIRED, message, "password")


async def record_step_up(work: UnitOfWork, session_id: str | None) -> None:
    """Marks the session as verified by a code or a passkey now."""
    statement = update(Session).where(Session.id == session_id).values(second_factor_at=now())
    await work.session.execute(statement)


async def resolve_challenge(unit: ReadUnit, viewer: Viewer, *, challenge: str, key: bytes) -> str:
    """Returns the id of the challenge's user. Rejects an invalid challenge before it counts as an attempt."""
    return (await _challenged(unit, challenge, key, lock=False)).id


async def sign_in(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    challenge: str,
    code: str,
    key: bytes,
    lifetimes: Lifetimes,
    device: str | None,
    ip_prefix: str | None,
) -> IssuedSession:
    """Opens a session for the user of a valid challenge, if the code is valid."""
    user = await _challenged(work, challenge, key, lock=True)
    await _use(work, user.id, code)
    opened = await open_session(
        work,
        viewer,
        user_id=user.id,
        is_staff=user.is_staff,
        lifetimes=lifetimes,
        device=device,
        ip_prefix=ip_prefix,
    )
    await record_step_up(work, opened.session_id)
    return opened


async def _challenged(unit: ReadUnit, challenge: str, key: bytes, *, lock: bool) -> User:
    claimed = MfaChallenge.read(challenge)
    user: User | None = None
    if claimed is not None and claimed.expires > now().timestamp():
        loaded = (undefer(User.password_hash), undefer(User.is_staff))
        query = select(User).where(User.id == claimed.user_id).options(*loaded)
        # In the transaction of the sign-in, the lock keeps the password from being changed concurrently.
        user = await unit.scalar(query.with_for_update() if lock else query)
    if claimed is None or user is None or not claimed.is_signed_by(challenge, key, user.password_hash):
        message = "The challenge is not valid. Sign in with the password again."
        raise refused(ErrorCode.INVALID_CREDENTIALS, message, "challenge")
    return user


def wrong_code() -> Refused:
    """Returns the error for a code that is wrong, expired or already used; it doesn't say which."""
    return refused(ErrorCode.INVALID_CREDENTIALS, "The code is wrong or has already been used.", "code")


async def _use(work: UnitOfWork, user_id: str | None, code: str) -> None:
    """Consumes a TOTP code or a backup code of the user, or raises."""
    factor = await _factor(work, user_id)
    if factor is None or factor.confirmed_at is None:
        raise refused(ErrorCode.NOT_FOUND, "You have no second factor.")
    if _is_code_of(factor, code):
        return
    unused = (BackupCode.user_id == user_id, BackupCode.code_hash == _code_hash(code))
    spent = update(BackupCode).where(*unused, BackupCode.used_at.is_(None)).values(used_at=now())
    if await work.session.scalar(spent.returning(BackupCode.id)) is None:
        raise wrong_code()


async def _factor(work: UnitOfWork, user_id: str | None) -> SecondFactor | None:
    """Returns the user's second factor, locked so that two requests can't use the same code."""
    query = select(SecondFactor).where(SecondFactor.user_id == user_id).with_for_update()
    factor: SecondFactor | None = await work.session.scalar(query.options(undefer(SecondFactor.totp_secret)))
    return factor


def _is_code_of(factor: SecondFactor, code: str) -> bool:
    """Returns whether the code is currently valid and unused. If so, marks its time step as used."""
    digits = _SEPARATORS.sub("", code)
    step = matching_step(factor.totp_secret, digits, at=now().timestamp(), after=factor.last_step)
    if step is None:
        return False
    factor.last_step = step
    return True


async def _shown_lately(unit: ReadUnit, viewer: Viewer) -> bool:
    own = (Session.id == viewer.session_id, Session.user_id == viewer.id)
    shown_at = await unit.scalar(select(Session.second_factor_at).where(*own))
    return shown_at is not None and shown_at > now() - RECENT


async def _new_backup_codes(work: UnitOfWork, user_id: str | None) -> Sequence[str]:
    await work.session.execute(delete(BackupCode).where(BackupCode.user_id == user_id))
    codes = [_backup_code() for _ in range(BACKUP_CODES)]
    work.session.add_all([BackupCode(user_id=user_id, code_hash=_code_hash(each)) for each in codes])
    return codes


def _backup_code() -> str:
    """Returns 80 random bits in base32, in groups of four that are easy to copy from paper."""
    text = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _code_hash(code: str) -> str:
    return token_hash(_SEPARATORS.sub("", code).lower())
