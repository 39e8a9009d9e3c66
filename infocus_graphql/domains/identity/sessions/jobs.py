"""What is done in the background about sessions and refresh tokens: old ones are forgotten."""

from datetime import timedelta

from sqlalchemy import or_

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session, ended_sessions
from infocus_graphql.security.revoked_sessions import REMEMBERED_SECONDS


async def purge_sessions(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some sessions that ended or ran out that long ago; whether there may be more."""
    before = now() - keep
    old = or_(Session.expires_at < before, Session.revoked_at < before)
    return await delete_batch(work, Session, old)


async def purge_refresh_tokens(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some refresh tokens that ran out that long ago; whether there may be more.

    A forgotten one that comes again still ends its session: no token that is not known belongs to it.
    """
    return await delete_batch(work, RefreshToken, RefreshToken.expires_at < now() - keep)


async def purge_ended_sessions(work: UnitOfWork) -> bool:
    """Deletes some notes of ended sessions that have no living access token; whether there may be more."""
    before = now() - timedelta(seconds=2 * REMEMBERED_SECONDS)
    return await delete_batch(work, ended_sessions, ended_sessions.c.ended_at < before)
