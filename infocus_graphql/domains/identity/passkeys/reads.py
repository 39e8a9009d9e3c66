"""Reads of passkeys that the mutations need before their transaction."""

from dataclasses import dataclass

from sqlalchemy import select

from infocus_graphql.core.errors import not_found
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.domains.identity.passkeys.models import Passkey


@dataclass(frozen=True, slots=True)
class MatchedPasskey:
    """The stored passkey that a browser's response names. The response is not verified yet."""

    id: str
    user_id: str
    public_key: str


async def find_passkey(unit: ReadUnit, viewer: Viewer, *, credential_id: str) -> MatchedPasskey | None:
    """Returns the passkey of any user with this credential id, else None."""
    columns = (Passkey.id, Passkey.user_id, Passkey.public_key)
    found = (await unit.execute(select(*columns).where(Passkey.credential_id == credential_id))).first()
    return None if found is None else MatchedPasskey(found.id, found.user_id, found.public_key)


async def require_own(unit: ReadUnit, viewer: Viewer, *, passkey_id: str) -> None:
    """Raises NOT_FOUND unless the passkey is the viewer's."""
    own = select(Passkey.id).where(Passkey.id == passkey_id, Passkey.user_id == viewer.id)
    if await unit.scalar(own) is None:
        raise not_found("passkey", "id")
