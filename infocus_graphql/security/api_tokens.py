"""API tokens: what they look like."""

from typing import Final

from infocus_graphql.security.access_tokens import random_token

# Programs that look for secrets in published code know a token by its beginning, and so do we.
PREFIX: Final = "ifp_"


def new_api_token() -> str:
    """A token of 256 random bits."""
    return PREFIX + random_token()


def is_api_token(token: str) -> bool:
    """Whether a bearer's token claims to be one of ours, and no access token."""
    return token.startswith(PREFIX)
