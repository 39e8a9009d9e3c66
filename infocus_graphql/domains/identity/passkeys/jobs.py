"""What is done in the background about passkeys: what was asked and never answered is forgotten."""

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.identity.passkeys.models import PasskeyChallenge


async def purge_challenges(work: UnitOfWork) -> bool:
    """Deletes some challenges that ran out; whether there may be more."""
    return await delete_batch(work, PasskeyChallenge, PasskeyChallenge.expires_at < now())
