"""Background jobs of sessions: deletion of old sessions, refresh tokens and revocation records."""

from datetime import timedelta

from sqlalchemy import or_

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session, revoked_sessions
from infocus_graphql.security.revoked_sessions import REMEMBERED_SECONDS


async def purge_sessions(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of sessions that were revoked or expired more than `keep` ago.

    Returns whether more may be left.
    """
    before = now() - keep
    old = or_(Session.expires_at < before, Session.revoked_at < before)
    return await delete_batch(work, Session, old)


async def purge_refresh_tokens(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of refresh tokens that expired more than `keep` ago. Returns whether more may be left.

    Reusing a deleted token still revokes its session: `refresh_session` treats unknown tokens as reused.
    """
    return await delete_batch(work, RefreshToken, RefreshToken.expires_at < now() - keep)


async def purge_revoked_sessions(work: UnitOfWork) -> bool:
    """Deletes a batch of revocation records whose access tokens have all expired.

    Returns whether more may be left.
    """
    before = now() - timedelta(seconds=2 * REMEMBERED_SECONDS)
    return await delete_batch(work, revoked_sessions, revoked_sessions.c.revoked_at < before)
