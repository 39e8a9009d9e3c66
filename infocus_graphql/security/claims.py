"""The claims of an access token: each has one type, one form and its place in time."""

import re
from collections.abc import Mapping
from typing import Any, Final

import jwt

from infocus_graphql.core.ids import tag_of

# Sessions that ended are remembered for twenty minutes, so no token may live longer.
MAX_LIFE_SECONDS: Final = 15 * 60
# Another server's clock may be this much ahead of ours.
CLOCK_SKEW_SECONDS: Final = 60
JTI_LENGTH: Final = 22
_JTI: Final = re.compile(rf"[A-Za-z0-9_-]{{{JTI_LENGTH}}}", re.ASCII)


def check_claims(claims: Mapping[str, Any], *, issuer: str, audience: str, at: float) -> None:
    """Refuses claims that no server of ours makes; raises ExpiredSignatureError when only their time is over.

    A right signature is no reason to believe a claim: the key may have been used by another program. An id
    that is no id must not reach SQL, and a time that is no number must not be compared.
    """
    texts = {name: claims[name] for name in ("iss", "aud", "sub", "sid", "jti")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise jwt.InvalidTokenError("a claim is no text")
    if texts["iss"] != issuer or texts["aud"] != audience:
        raise jwt.InvalidTokenError("a token of another issuer, or for another audience")
    if tag_of(texts["sub"]) != "us" or tag_of(texts["sid"]) != "se" or not _JTI.fullmatch(texts["jti"]):
        raise jwt.InvalidTokenError("an id is of another form or type")
    if type(claims.get("staff", False)) is not bool:
        raise jwt.InvalidTokenError("staff is neither true nor false")
    _check_times(claims, at)


def _check_times(claims: Mapping[str, Any], at: float) -> None:
    times = [claims[name] for name in ("iat", "nbf", "exp") if name in claims]
    # Neither numbers as texts, nor true, nor NaN and Infinity, which Python reads as numbers.
    if not all(type(time) is int and time >= 0 for time in times):
        raise jwt.InvalidTokenError("a time is no whole number of seconds")
    issued, expires = claims["iat"], claims["exp"]
    if max(issued, claims.get("nbf", 0)) > at + CLOCK_SKEW_SECONDS:
        raise jwt.ImmatureSignatureError("not valid yet")
    if expires - issued > MAX_LIFE_SECONDS:
        raise jwt.InvalidTokenError("a longer life than access tokens have")
    if expires <= at:
        raise jwt.ExpiredSignatureError("its time is over")
