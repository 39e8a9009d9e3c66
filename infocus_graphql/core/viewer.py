"""The viewer: who asks, as the access token says; never an ORM row."""

from dataclasses import dataclass
from enum import Enum


class TokenFault(Enum):
    """Why a presented access token was not accepted."""

    EXPIRED = "TOKEN_EXPIRED"
    INVALID = "UNAUTHENTICATED"


class ApiScope(Enum):
    """What the bearer of an API token may do; each root field asks for one of these."""

    READ = "read"
    WRITE = "write"
    FAMILY_ADMIN = "family_admin"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody signed in (`id` set), nobody (`id` None), or nobody because of a bad token (`fault` set).

    With an API token there is no session, and no more may be done than the token's `scopes` allow.
    """

    id: str | None = None
    session_id: str | None = None
    is_staff: bool = False
    fault: TokenFault | None = None
    scopes: frozenset[ApiScope] | None = None
    api_token_id: str | None = None


NOBODY = Viewer()
