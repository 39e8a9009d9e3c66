"""Signing keys: shared secrets (HMAC), and private keys with published public keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jwt

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.settings.errors import UnusableSetting

SHARED: Final = "HS256"
_MIN_RSA_BITS: Final = 2048
_FILES: Final = "INFOCUS_JWT_KEY_FILES"


class UnusableKey(UnusableSetting):
    """A key file that can't be used. The message says why and contains nothing of the key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key with its only algorithm."""

    kid: str
    algorithm: str
    signing: Any
    verifying: Any
    public: Mapping[str, str] | None = None  # as a JSON Web Key

    def sign(self, claims: JsonObject, token_type: str) -> str:
        """Signs a JWT with these claims."""
        headers = {"kid": self.kid, "typ": token_type}
        return jwt.encode(claims, self.signing, self.algorithm, headers=headers)


def shared_key(kid: str, secret: bytes) -> SigningKey:
    """A shared secret, which signs and verifies."""
    return SigningKey(kid, SHARED, secret, secret)


def private_key(kid: str, path: Path) -> SigningKey:
    """The Ed25519 or RSA key in a PEM file. Raises UnusableKey for anything else."""
    try:
        # An extra: servers with shared secrets alone do without it.
        from cryptography.hazmat.primitives.asymmetric import ed25519, rsa  # noqa: PLC0415 - see above
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - see above
            load_pem_private_key,
        )
        from jwt.algorithms import OKPAlgorithm, RSAAlgorithm  # noqa: PLC0415 - there only with the extra
    except ImportError as error:
        raise UnusableKey(
            f"{_FILES} requires an extra; run: pip install 'infocus-graphql[asymmetric]'"
        ) from error
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise UnusableKey(f"{_FILES}: {path} can't be read: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise UnusableKey(f"{_FILES}: {path} is not an unencrypted private key in PEM format.") from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        shown = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return _published(kid, "EdDSA", key, shown)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _MIN_RSA_BITS:
        shown = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return _published(kid, "RS256", key, shown)
    raise UnusableKey(
        f"{_FILES}: {path} must be an Ed25519 key, or an RSA key of {_MIN_RSA_BITS} bits or more."
    )


def _published(kid: str, algorithm: str, key: Any, shown: JsonObject) -> SigningKey:
    names = ("kty", "crv", "x", "n", "e")
    parts = {name: str(shown[name]) for name in names if name in shown}
    public = {**parts, "kid": kid, "alg": algorithm, "use": "sig"}
    return SigningKey(kid, algorithm, key, key.public_key(), public)
