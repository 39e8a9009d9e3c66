"""What is done in the background about API tokens: those whose end is long past are forgotten."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.identity.api_tokens.models import ApiToken


async def purge_api_tokens(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some tokens that ended that long ago; whether there may be more. Those without an end stay."""
    return await delete_batch(work, ApiToken, ApiToken.expires_at < now() - keep)
