"""Background jobs of API tokens: deletion of expired tokens."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.identity.api_tokens.models import ApiToken


async def purge_api_tokens(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of tokens that expired more than `keep` ago. Returns whether more may be left."""
    return await delete_batch(work, ApiToken, ApiToken.expires_at < now() - keep)
