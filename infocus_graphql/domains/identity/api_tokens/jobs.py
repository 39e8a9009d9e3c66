"""What is done in the background about API tokens: those whose end is long past are forgotten."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.api_tokens.models import ApiToken

_AT_ONCE: Final = 1000


async def purge_api_tokens(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some tokens that ended that long ago; whether there may be more. Those without an end stay."""
    old = select(ApiToken.id).where(ApiToken.expires_at < now() - keep)
    some = old.limit(_AT_ONCE).with_for_update(skip_locked=True).scalar_subquery()
    result: Any = await work.session.execute(
        delete(ApiToken).where(ApiToken.id.in_(some)).execution_options(synchronize_session=False)
    )
    return bool(result.rowcount == _AT_ONCE)
