"""What is done in the background about sessions and refresh tokens: old ones are forgotten."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session, ended_sessions
from infocus_graphql.security.revoked_sessions import REMEMBERED_SECONDS

_AT_ONCE: Final = 1000


async def purge_sessions(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some sessions that ended or ran out that long ago; whether there may be more."""
    before = now() - keep
    old = select(Session.id).where(or_(Session.expires_at < before, Session.revoked_at < before))
    return await _deleted(work, delete(Session).where(Session.id.in_(_some(old))))


async def purge_refresh_tokens(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some refresh tokens that ran out that long ago; whether there may be more.

    A forgotten one that comes again still ends its session: no token that is not known belongs to it.
    """
    old = select(RefreshToken.id).where(RefreshToken.expires_at < now() - keep)
    return await _deleted(work, delete(RefreshToken).where(RefreshToken.id.in_(_some(old))))


async def purge_ended_sessions(work: UnitOfWork) -> bool:
    """Deletes some notes of ended sessions that have no living access token; whether there may be more."""
    ended, before = ended_sessions.c, now() - timedelta(seconds=2 * REMEMBERED_SECONDS)
    old = select(ended.session_id).where(ended.ended_at < before)
    return await _deleted(work, delete(ended_sessions).where(ended.session_id.in_(_some(old))))


def _some(old: Any) -> Any:
    """A part of the rows, small enough for one statement; rows that somebody works on can wait."""
    return old.limit(_AT_ONCE).with_for_update(skip_locked=True).scalar_subquery()


async def _deleted(work: UnitOfWork, statement: Any) -> bool:
    result: Any = await work.session.execute(statement.execution_options(synchronize_session=False))
    return bool(result.rowcount == _AT_ONCE)
