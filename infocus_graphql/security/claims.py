"""Checks the claims of an access token: types, formats and times."""

import re
from typing import Final

import jwt

from infocus_graphql.core.ids import tag_of
from infocus_graphql.core.json_types import JsonObject

# Revoked sessions are remembered for twenty minutes, so no token may live longer than that.
MAX_LIFE_SECONDS: Final = 15 * 60
# Another server's clock may be this much ahead of ours.
CLOCK_SKEW_SECONDS: Final = 60
JTI_LENGTH: Final = 22
_JTI: Final = re.compile(rf"[A-Za-z0-9_-]{{{JTI_LENGTH}}}", re.ASCII)


def check_claims(claims: JsonObject, *, issuer: str, audience: str, at: float) -> None:
    """Raises InvalidTokenError for claims that this server doesn't issue, ExpiredSignatureError if expired.

    A valid signature does not prove valid claims, because other programs may sign with the same key. A
    malformed id must not reach SQL, and a time that is not a number must not be compared.
    """
    texts = {name: claims[name] for name in ("iss", "aud", "sub", "sid", "jti")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise jwt.InvalidTokenError("a claim is not a string")
    if texts["iss"] != issuer or texts["aud"] != audience:
        raise jwt.InvalidTokenError("another issuer or audience")
    if tag_of(texts["sub"]) != "us" or tag_of(texts["sid"]) != "se" or not _JTI.fullmatch(texts["jti"]):
        raise jwt.InvalidTokenError("a malformed id, or one of another type")
    if type(claims.get("staff", False)) is not bool:
        raise jwt.InvalidTokenError("staff is not a boolean")
    _check_times(claims, at)


def _check_times(claims: JsonObject, at: float) -> None:
    times = [claims[name] for name in ("iat", "nbf", "exp") if name in claims]
    # Excludes numeric strings, booleans, and NaN and Infinity, which Python parses as numbers.
    if not all(type(time) is int and time >= 0 for time in times):
        raise jwt.InvalidTokenError("a time is not a whole number of seconds")
    issued, expires = claims["iat"], claims["exp"]
    if max(issued, claims.get("nbf", 0)) > at + CLOCK_SKEW_SECONDS:
        raise jwt.ImmatureSignatureError("not valid yet")
    if expires - issued > MAX_LIFE_SECONDS:
        raise jwt.InvalidTokenError("a longer lifetime than access tokens have")
    if expires <= at:
        raise jwt.ExpiredSignatureError("expired")
