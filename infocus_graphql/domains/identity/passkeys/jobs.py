"""What is done in the background about passkeys: what was asked and never answered is forgotten."""

from typing import Any, Final

from sqlalchemy import delete, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.passkeys.models import PasskeyChallenge

_AT_ONCE: Final = 1000


async def purge_challenges(work: UnitOfWork) -> bool:
    """Deletes some challenges that ran out; whether there may be more."""
    old = select(PasskeyChallenge.id).where(PasskeyChallenge.expires_at < now())
    some = old.limit(_AT_ONCE).with_for_update(skip_locked=True).scalar_subquery()
    result: Any = await work.session.execute(
        delete(PasskeyChallenge)
        .where(PasskeyChallenge.id.in_(some))
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount == _AT_ONCE)
