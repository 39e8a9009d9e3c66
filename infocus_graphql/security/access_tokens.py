"""Signed access tokens (JWT, RFC 9068), opaque random tokens, and their stored hashes."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import jwt
from jwt.types import Options

from infocus_graphql.core.cache import LruCache
from infocus_graphql.core.clock import now
from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.viewer import TokenFault, Viewer
from infocus_graphql.security.claims import JTI_LENGTH, check_claims
from infocus_graphql.security.revoked_sessions import RevokedSessions
from infocus_graphql.security.signing_keys import SigningKey, UnusableKey, private_key, shared_key
from infocus_graphql.settings import Settings

_TYPE: Final = "at+jwt"  # RFC 9068: tokens for other purposes are not accepted as access tokens
_HEADER_KEYS: Final = {"alg", "typ", "kid"}
# The library checks the signature and the presence of the claims. `check_claims` checks their values, because
# the library accepts other types as times and ids.
_OPTIONS: Final[Options] = {
    "require": ["exp", "iat", "iss", "aud", "sub", "sid", "jti"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_MAX_LENGTH: Final = 4096
_REMEMBERED: Final = 4096  # verified tokens, of about 500 characters each


def random_token() -> str:
    """A secret of 256 bits that is safe in URLs."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """The SHA-256 of a random token, stored instead of it; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed access token and its expiry."""

    text: str
    expires_at: datetime


class AccessTokens:
    """Signs and verifies access tokens with the configured keys, and derives further keys from them."""

    def __init__(self, settings: Settings) -> None:
        self._secrets = settings.signing_keys
        self._signing = _signing_keys(settings, self._secrets)
        self._signer = next(iter(self._signing.values()))
        self._issuer, self._audience = settings.jwt_issuer, settings.jwt_audience
        self._life = timedelta(minutes=settings.access_token_minutes)
        self._verified: LruCache[str, tuple[Viewer, int]] = LruCache(_REMEMBERED)
        self.revoked = RevokedSessions()

    def access_token(
        self, *, user_id: str, session_id: str, is_staff: bool, not_after: datetime | None = None
    ) -> AccessToken:
        """Issues an access token for a session, valid for `access_token_minutes`.

        It expires at `not_after`, the end of the session, if that is earlier.
        """
        issued = now().replace(microsecond=0)
        expires = issued + self._life
        if not_after is not None:
            expires = min(expires, not_after.replace(microsecond=0))
        claims: JsonObject = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": user_id,
            "sid": session_id,
            "jti": random_token()[:JTI_LENGTH],
            "iat": issued,
            "exp": expires,
        }
        if is_staff:
            claims["staff"] = True
        return AccessToken(self._signer.sign(claims, _TYPE), expires)

    def verify(self, token: str) -> Viewer:
        """The viewer that a token identifies. Never raises: a rejected token gives a viewer with a `fault`.

        Verified signatures are cached; expiry and revocation of the session are checked at every use.
        """
        found = self._verified.get(token)
        if found is None:
            try:
                claims = self._claims(token)
            except jwt.ExpiredSignatureError:
                return Viewer(fault=TokenFault.EXPIRED)
            except (jwt.InvalidTokenError, ValueError, RecursionError):
                return Viewer(fault=TokenFault.INVALID)
            viewer = Viewer(claims["sub"], claims["sid"], claims.get("staff") is True)
            found = viewer, claims["exp"]
            self._verified.put(token, found)
        viewer, expires = found
        if expires <= now().timestamp():
            self._verified.pop(token)
            return Viewer(fault=TokenFault.EXPIRED)
        if viewer.session_id in self.revoked:
            return Viewer(fault=TokenFault.INVALID)
        return viewer

    def expiry_of(self, token: str) -> float | None:
        """When a token expires that `verify` has just accepted, as seconds since 1970; None for any other."""
        found = self._verified.get(token)
        return None if found is None else float(found[1])

    def derive_successors(self, token: str) -> list[str]:
        """The possible successors of a refresh token: one for each key, the one to issue first.

        They are derived from `token` with a secret key, not random, so that a client that lost the response
        gets the same successor again. Those of older keys were issued before the keys were rotated.
        """
        return self.derived("refresh", token)

    def derived(self, purpose: str, text: str) -> list[str]:
        """HMACs of `text` for a purpose: one for each key, the newest first."""
        keys = (_derived(key, purpose) for key in self._secrets.values())
        digests = (hmac.digest(key, text.encode(), "sha256") for key in keys)
        return [urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests]

    def derived_key(self, purpose: str) -> bytes:
        """A key derived from the signing key for another purpose; it doesn't reveal the signing key."""
        return _derived(next(iter(self._secrets.values())), purpose)

    @property
    def public_keys(self) -> list[Mapping[str, str]]:
        """The JSON Web Keys with which others can verify our tokens; empty if all keys are shared secrets."""
        return [key.public for key in self._signing.values() if key.public is not None]

    def _claims(self, token: str) -> JsonObject:
        if len(token) > _MAX_LENGTH or not _is_canonical(token.rpartition(".")[2]):
            raise jwt.InvalidTokenError("too long, or a non-canonical signature")
        header = jwt.get_unverified_header(token)
        if set(header) != _HEADER_KEYS or header["typ"] != _TYPE or header["kid"] not in self._signing:
            raise jwt.InvalidTokenError("unexpected header")
        key = self._signing[header["kid"]]
        claims: JsonObject = jwt.decode(token, key.verifying, algorithms=[key.algorithm], options=_OPTIONS)
        check_claims(claims, issuer=self._issuer, audience=self._audience, at=now().timestamp())
        return claims


def _signing_keys(settings: Settings, secrets_by_kid: Mapping[str, bytes]) -> dict[str, SigningKey]:
    """All keys by id, the signing key first; asymmetric keys come before shared secrets."""
    files = settings.jwt_key_files
    if shared := sorted(set(files) & set(secrets_by_kid)):
        raise UnusableKey(
            f"INFOCUS_JWT_KEYS and INFOCUS_JWT_KEY_FILES both have a key with the kid {shared[0]}."
        )
    keys = {kid: private_key(kid, path) for kid, path in files.items()}
    return keys | {kid: shared_key(kid, secret) for kid, secret in secrets_by_kid.items()}


def _is_canonical(signature: str) -> bool:
    """Whether a signature is canonical base64url; decoders ignore stray characters and trailing bits."""
    padded = signature + "=" * (-len(signature) % 4)
    return urlsafe_b64encode(urlsafe_b64decode(padded)).decode().rstrip("=") == signature


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, b"infocus:" + purpose.encode(), "sha256")
