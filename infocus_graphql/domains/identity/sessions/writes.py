"""Opens sessions, rotates refresh tokens, revokes sessions and changes passwords."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.core.emails import valid_email
from infocus_graphql.core.errors import ErrorCode, Refused, not_found, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import end_mailed_links
from infocus_graphql.mail import outbox, templates
from infocus_graphql.security.access_tokens import AccessTokens, random_token, token_hash
from infocus_graphql.settings import Settings

_SEPARATOR = "."
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedSession:
    """A live session and its current refresh token, which can't be read again."""

    user_id: str
    session_id: str
    is_staff: bool
    refresh_token: str
    refresh_expires_at: datetime
    session_expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshRejected:
    """The rejection of a refresh token. `ended_session_id` is the session revoked because of token reuse."""

    ended_session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Lifetimes of refresh tokens and sessions, and the grace period for reused refresh tokens."""

    refresh: timedelta
    session: timedelta
    grace: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Lifetimes":
        """Returns the configured lifetimes."""
        return cls(
            timedelta(days=settings.refresh_token_days),
            timedelta(days=settings.session_days),
            timedelta(seconds=settings.refresh_grace_seconds),
        )


async def open_session(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    user_id: str,
    is_staff: bool,
    lifetimes: Lifetimes,
    device: str | None,
    ip_prefix: str | None,
    method: str | None = None,
    version: int | None = None,
) -> IssuedSession:
    """Opens a session for a user who was authenticated by password or by another `method`.

    Refresh tokens are `<session secret>.<token secret>`: the first part identifies the session even if the
    token's row was deleted, so reuse of any token of the session can be detected.

    `version` is the `credentials_version` read when the password was checked. If it has risen since, the
    password was changed concurrently, all sessions were revoked, and a new session must not be opened.
    """
    if version is not None:
        unchanged = select(User.id).where(User.id == user_id, User.credentials_version == version)
        if await work.session.scalar(unchanged.with_for_update(read=True)) is None:
            raise wrong_sign_in()
    session_secret, token = random_token(), random_token()
    session = Session(
        user_id=user_id,
        token_hash=token_hash(session_secret),
        device=device,
        ip_prefix=ip_prefix,
        expires_at=now() + lifetimes.session,
    )
    work.session.add(session)
    await work.session.flush()
    details = {"method": method} if method else {}
    audit(work, AuditAction.SIGNED_IN, actor=user_id, object_id=session.id, **details)
    issued = await _issue(work, session, token, lifetimes)
    text = session_secret + _SEPARATOR + token
    return IssuedSession(user_id, session.id, is_staff, text, issued.expires_at, session.expires_at)


async def refresh_session(
    work: UnitOfWork, viewer: Viewer, *, refresh_token: str, tokens: AccessTokens, lifetimes: Lifetimes
) -> IssuedSession | RefreshRejected:
    """Exchanges a valid refresh token for its successor.

    Within a short grace period, an already exchanged token returns the same successor: the client may have
    lost the response, or two tabs may have sent the token at once. After it, the session is revoked and the
    user is notified by e-mail. The revocation must be committed, so the rejection is returned, not raised.
    """
    session_secret, _, secret = refresh_token.partition(_SEPARATOR)
    # The lock on the session's row serializes the exchanges of its tokens.
    session = await work.session.scalar(
        select(Session).where(Session.token_hash == token_hash(session_secret)).with_for_update()
    )
    if session is None or session.revoked_at is not None or session.expires_at <= now():
        return RefreshRejected()
    current = await work.session.scalar(
        select(RefreshToken).where(
            RefreshToken.token_hash == token_hash(secret), RefreshToken.session_id == session.id
        )
    )
    successors = {token_hash(each): each for each in tokens.derive_successors(secret)}
    if current is None or current.revoked_at is not None:
        issued = await _still_unused(work, current, list(successors), lifetimes.grace)
        if issued is None:
            await _end_reused(work, session)
            return RefreshRejected(session.id)
    elif current.expires_at <= now():
        return RefreshRejected()
    else:
        issued = await _issue(work, session, next(iter(successors.values())), lifetimes)
        current.revoked_at, current.replaced_by_id = now(), issued.id
    if session.last_seen_at <= now() - _SEEN_EVERY:
        session.last_seen_at = now()
    is_staff = await work.session.scalar(select(User.is_staff).where(User.id == session.user_id))
    text = session_secret + _SEPARATOR + successors[issued.token_hash]
    return IssuedSession(
        session.user_id, session.id, bool(is_staff), text, issued.expires_at, session.expires_at
    )


async def sign_out(
    work: UnitOfWork, viewer: Viewer, *, refresh_tokens: Sequence[str], everywhere: bool
) -> None:
    """Revokes the sessions of the access token and of the refresh tokens, or all sessions of their users.

    A refresh token of a revoked session can't revoke the user's other sessions.
    """
    secrets = [token_hash(token.partition(_SEPARATOR)[0]) for token in refresh_tokens]
    condition = or_(Session.id == viewer.session_id, Session.token_hash.in_(secrets))
    if everywhere:
        living = and_(Session.revoked_at.is_(None), Session.expires_at > now())
        owner_ids = set(await work.session.scalars(select(Session.user_id).where(condition, living)))
        user_ids = owner_ids | ({viewer.id} if viewer.id else set())
        await end_mailed_links(work, *user_ids)
        condition = or_(condition, Session.user_id.in_(user_ids))
    for session_id, user_id in await revoke_sessions(work, condition):
        audit(work, AuditAction.SIGNED_OUT, actor=user_id, object_id=session_id)


async def revoke_session(work: UnitOfWork, viewer: Viewer, *, session_id: str) -> str:
    """Revokes one of the viewer's sessions; no effect on an ended one. Returns its id."""
    own = and_(Session.id == session_id, Session.user_id == viewer.id)
    if await work.session.scalar(select(Session.id).where(own)) is None:
        raise not_found("session", "id")
    if await revoke_sessions(work, own):
        audit(work, AuditAction.SESSION_REVOKED, actor=viewer.id, object_id=session_id)
    return session_id


async def demote_from_staff(work: UnitOfWork, *, email: str) -> str:
    """Removes the staff role of the user with this address and revokes their sessions. Returns their id."""
    demoted = update(User).where(func.lower(User.email) == valid_email(email, "email"))
    user_id: str | None = await work.session.scalar(demoted.values(is_staff=False).returning(User.id))
    if user_id is None:
        raise not_found("account", "email")
    await end_mailed_links(work, user_id)
    await revoke_sessions(work, Session.user_id == user_id)
    audit(work, AuditAction.STAFF_DEMOTED, actor=None, target_user=user_id, object_id=user_id)
    return user_id


def session_secret(refresh_token: str) -> str:
    """Returns the part of a refresh token that all tokens of its session share."""
    return refresh_token.partition(_SEPARATOR)[0]


def wrong_sign_in() -> Refused:
    """Returns the error for a failed sign-in. It doesn't reveal whether the address is known."""
    return refused(ErrorCode.INVALID_CREDENTIALS, "The e-mail address or the password is wrong.")


async def reject_sign_in(work: UnitOfWork, viewer: Viewer, *, user_id: str | None) -> Refused:
    """Records a failed sign-in in the audit log, also for an unknown address.

    Returns the error. Mutations return it instead of raising it, so that the event is committed.
    """
    audit(work, AuditAction.SIGN_IN_FAILED, actor=None, target_user=user_id)
    return wrong_sign_in()


async def revoke_sessions(work: UnitOfWork, which: ColumnElement[bool]) -> list[tuple[str, str]]:
    """Revokes the matching live sessions and their refresh tokens.

    Returns pairs of session id and user id. When the transaction commits, all workers are notified and reject
    the access tokens of these sessions.
    """
    at = now()
    living = update(Session).where(which, Session.revoked_at.is_(None)).values(revoked_at=at)
    rows = await work.session.execute(living.returning(Session.id, Session.user_id))
    ended = [(session_id, user_id) for session_id, user_id in rows]
    chains = update(RefreshToken).where(
        RefreshToken.session_id.in_([session_id for session_id, _ in ended]),
        RefreshToken.revoked_at.is_(None),
    )
    await work.session.execute(chains.values(revoked_at=at))
    return ended


async def _end_reused(work: UnitOfWork, session: Session) -> None:
    """Revokes a session after refresh token reuse (a sign of theft) and notifies its user by e-mail."""
    await revoke_sessions(work, Session.id == session.id)
    audit(
        work, AuditAction.REFRESH_TOKEN_REUSED, actor=None, target_user=session.user_id, object_id=session.id
    )
    user = (await work.session.execute(select(User.email, User.name).where(User.id == session.user_id))).one()
    message = templates.session_was_ended(
        user.email, name=user.name, device=session.device, ip_prefix=session.ip_prefix, at=now()
    )
    await outbox.post(work, message, about=session.user_id)


async def _issue(work: UnitOfWork, session: Session, secret: str, lifetimes: Lifetimes) -> RefreshToken:
    issued = RefreshToken(
        user_id=session.user_id,
        session_id=session.id,
        token_hash=token_hash(secret),
        expires_at=min(now() + lifetimes.refresh, session.expires_at),
    )
    work.session.add(issued)
    await work.session.flush()
    return issued


async def _still_unused(
    work: UnitOfWork, spent: RefreshToken | None, successors: Sequence[str], grace: timedelta
) -> RefreshToken | None:
    """Returns the unused successor of a token that was exchanged within `grace`, else None."""
    if spent is None or spent.revoked_at is None or spent.revoked_at < now() - grace:
        return None
    token_row: RefreshToken | None = await work.session.scalar(
        select(RefreshToken)
        .where(
            RefreshToken.id == spent.replaced_by_id,
            RefreshToken.token_hash.in_(successors),
            RefreshToken.revoked_at.is_(None),
        )
        .options(undefer(RefreshToken.token_hash))
    )
    return token_row
