"""A software authenticator with its browser: creates WebAuthn credentials and assertions with real keys."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

ORIGIN, DOMAIN = "http://localhost:8000", "localhost"
PRESENT, VERIFIED, MAY_BE_COPIED, IS_COPIED, HAS_KEY = 1, 4, 8, 16, 64
ES256, EDDSA, RS256 = -7, -8, -257

Sign = Callable[[bytes], bytes]


def b64(value: bytes) -> str:
    """Encodes bytes as base64url without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """Decodes base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def es256() -> tuple[dict[int, Any], Sign]:
    """Returns a P-256 public key in COSE format, and a function that signs with the private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_numbers()
    public = {1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
    return public, lambda data: key.sign(data, ec.ECDSA(SHA256()))


def eddsa() -> tuple[dict[int, Any], Sign]:
    """Returns an Ed25519 public key in COSE format, and a function that signs."""
    key = ed25519.Ed25519PrivateKey.generate()
    return {1: 1, 3: EDDSA, -1: 6, -2: key.public_key().public_bytes_raw()}, key.sign


def rs256(bits: int = 2048) -> tuple[dict[int, Any], Sign]:
    """Returns an RSA public key in COSE format, and a function that signs."""
    key = rsa.generate_private_key(65537, bits)
    numbers = key.public_key().public_numbers()
    public = {1: 3, 3: RS256, -1: numbers.n.to_bytes(bits // 8), -2: numbers.e.to_bytes(3)}
    return public, lambda data: key.sign(data, padding.PKCS1v15(), SHA256())


def _maker() -> tuple[bytes, Sign]:
    """Returns an attestation certificate, and a function that signs with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maker")])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begins, begins + timedelta(days=9))
    certificate = made.sign(key, SHA256()).public_bytes(Encoding.DER)
    return certificate, lambda data: key.sign(data, ec.ECDSA(SHA256()))


@dataclass
class Authenticator:
    """A device with one passkey, which `create` generates.

    Devices with a counter report their number of uses; devices with synced passkeys have none.
    """

    kind: Callable[[], tuple[dict[int, Any], Sign]] = es256
    counter: int | None = 0
    flags: int = PRESENT | VERIFIED
    origin: str = ORIGIN
    domain: str = DOMAIN
    transports: tuple[str, ...] = ("internal", "hybrid")
    key_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: str | None = None

    def __post_init__(self) -> None:
        self.public_key, self.sign = self.kind()

    def create(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Returns the browser's `toJSON()` of a credential for registration options."""
        self.user_handle = options["user"]["id"]
        key_id = self.key_id
        attested = bytes(16) + len(key_id).to_bytes(2) + key_id + cbor2.dumps(self.public_key)
        client_data = self._client_data("webauthn.create", options["challenge"], changes)
        data = self._data(attested, changes)
        statement = {"fmt": "none", "attStmt": {}, "authData": data, **changes.get("statement", {})}
        if changes.get("self_signed"):
            signature = self.sign(data + hashlib.sha256(unb64(client_data)).digest())
            statement |= {"fmt": "packed", "attStmt": {"alg": self.public_key[3], "sig": signature}}
        if changes.get("certified"):
            certificate, sign = _maker()
            signature = sign(data + hashlib.sha256(unb64(client_data)).digest())
            statement |= {"fmt": "packed", "attStmt": {"alg": ES256, "sig": signature, "x5c": [certificate]}}
        return self._answer(
            clientDataJSON=client_data,
            attestationObject=b64(cbor2.dumps(statement)),
            transports=list(self.transports),
        )

    def get(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Returns the browser's `toJSON()` of an assertion, with user presence and verification."""
        if self.counter is not None:
            self.counter += 1
        client_data = self._client_data("webauthn.get", options["challenge"], changes)
        data = self._data(b"", changes)
        signature = self.sign(data + hashlib.sha256(unb64(client_data)).digest())
        return self._answer(
            clientDataJSON=client_data,
            authenticatorData=b64(data),
            signature=b64(changes.get("signature", signature)),
            userHandle=changes.get("user_handle", self.user_handle),
        )

    def _client_data(self, kind: str, challenge: str, changes: dict[str, Any]) -> str:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return b64(json.dumps({**said, **changes.get("client_data", {})}).encode())

    def _data(self, attested: bytes, changes: dict[str, Any]) -> bytes:
        flags = changes.get("flags", self.flags) | (HAS_KEY if attested else 0)
        domain = hashlib.sha256(changes.get("domain", self.domain).encode()).digest()
        count = changes.get("counter", self.counter or 0)
        return domain + bytes([flags]) + int(count).to_bytes(4) + attested

    def _answer(self, **response: Any) -> dict[str, Any]:
        found = {name: value for name, value in response.items() if value is not None}
        return {
            "id": b64(self.key_id),
            "rawId": b64(self.key_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": found,
        }
