"""The viewer: the user that a request's token identifies. Never an ORM row."""

from dataclasses import dataclass
from enum import Enum


class TokenFault(Enum):
    """Why an access token was rejected."""

    EXPIRED = "TOKEN_EXPIRED"
    INVALID = "UNAUTHENTICATED"


class ApiScope(Enum):
    """The scopes of API tokens; each root field requires one of them."""

    READ = "read"
    WRITE = "write"
    FAMILY_ADMIN = "family_admin"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in user (`id` set) or an anonymous client (`id` None; `fault` set if its token was rejected).

    A viewer with an API token has no session and is limited to the token's `scopes`.
    """

    id: str | None = None
    session_id: str | None = None
    is_staff: bool = False
    fault: TokenFault | None = None
    scopes: frozenset[ApiScope] | None = None
    api_token_id: str | None = None


ANONYMOUS = Viewer()
