"""The viewer: who asks, as the access token says; never an ORM row."""

from dataclasses import dataclass
from enum import Enum


class TokenFault(Enum):
    """Why a presented access token was not accepted."""

    EXPIRED = "TOKEN_EXPIRED"
    INVALID = "UNAUTHENTICATED"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody signed in (`id` set), nobody (`id` None), or nobody because of a bad token (`fault` set)."""

    id: str | None = None
    session_id: str | None = None
    is_staff: bool = False
    fault: TokenFault | None = None


NOBODY = Viewer()
