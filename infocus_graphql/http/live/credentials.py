"""The token of a live connection, which is checked for as long as the connection is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infocus_graphql.core.clock import now
from infocus_graphql.core.viewer import ANONYMOUS, TokenFault, Viewer
from infocus_graphql.graph.context import Services
from infocus_graphql.http.auth import bearer_of, viewer_of_values

MESSAGES: Final = {
    TokenFault.EXPIRED: "token expired",
    TokenFault.INVALID: "the token is not valid, or its session has ended",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The viewer that a token identified, and when to stop trusting it."""

    viewer: Viewer
    expires_at: float | None = None  # of an access token
    api_token: str | None = None  # an API token, which can be revoked at any time

    def fault(self, services: Services) -> TokenFault | None:
        """Whether an access token has expired, or its session has ended, as far as this process knows."""
        if self.viewer.fault is not None:
            return self.viewer.fault
        if self.expires_at is not None and self.expires_at <= now().timestamp():
            return TokenFault.EXPIRED
        if self.viewer.session_id is not None and self.viewer.session_id in services.tokens.revoked:
            return TokenFault.INVALID
        return None


NO_CREDENTIALS: Final = Credentials(ANONYMOUS)


async def authenticate(values: Sequence[str], services: Services) -> Credentials:
    """The credentials of `Authorization` values. Raises HttpError 503 if the token can't be checked."""
    viewer = await viewer_of_values(values, services)
    bearer = bearer_of(values)
    if bearer is None:
        return Credentials(viewer)
    if viewer.api_token_id is not None:
        return Credentials(viewer, api_token=bearer)
    return Credentials(viewer, services.tokens.expiry_of(bearer))
