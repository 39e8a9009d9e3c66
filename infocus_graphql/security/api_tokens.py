"""The format of API tokens."""

from typing import Final

from infocus_graphql.security.access_tokens import random_token

# The prefix by which secret scanners, and this server, recognise a token.
PREFIX: Final = "ifp_"


def new_api_token() -> str:
    """A token of 256 random bits."""
    return PREFIX + random_token()


def is_api_token(token: str) -> bool:
    """Whether a bearer token has the format of an API token rather than an access token."""
    return token.startswith(PREFIX)
