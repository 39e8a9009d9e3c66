"""Parses the credential responses of browsers, and the data that is stored of them.

The input is untrusted: only its format and size are checked here. `webauthn` verifies it.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infocus_graphql.core.json_types import JsonObject

_TYPE: Final = "public-key"
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")
# In characters of base64url; four of them are three bytes.
MAX_ID: Final = 1364
_LONGEST: Final = {
    "clientDataJSON": 4096,
    "attestationObject": 8192,
    "authenticatorData": 2048,
    "signature": 2048,
    "userHandle": 128,
}
CREATED: Final = ("clientDataJSON", "attestationObject")
USED: Final = ("clientDataJSON", "authenticatorData", "signature", "userHandle")
_MAX_TRANSPORTS: Final = 16


class InvalidCredential(ValueError):
    """An invalid credential response. The message is for logs and is not sent to clients."""


@dataclass(frozen=True, slots=True)
class CredentialResponse:
    """The used parts of a browser's `PublicKeyCredential.toJSON()`."""

    id: str
    parts: Mapping[str, str]
    challenge: str
    transports: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Mapping[str, object], names: tuple[str, ...]) -> "CredentialResponse":
        """Parses a response with these parts. Raises InvalidCredential if one is malformed or too long."""
        response, key_id = value.get("response"), value.get("id")
        if not isinstance(response, dict) or value.get("type") != _TYPE or value.get("rawId") != key_id:
            raise InvalidCredential("not the JSON of a PublicKeyCredential")
        parts = {each: _text(response.get(each), each, _LONGEST[each]) for each in names}
        transports = response.get("transports")
        found = transports[:_MAX_TRANSPORTS] if isinstance(transports, list) else []
        return cls(
            _text(key_id, "id", MAX_ID),
            parts,
            _challenge(decoded(parts["clientDataJSON"])),
            tuple(each for each in found if isinstance(each, str)),
        )

    def as_json(self) -> JsonObject:
        """The response for the library, with only the parts checked here."""
        return {"id": self.id, "rawId": self.id, "type": _TYPE, "response": dict(self.parts)}


@dataclass(frozen=True, slots=True)
class RegisteredCredential:
    """The stored data of a new passkey. Ids and keys are base64url."""

    id: str
    public_key: str
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """The signature counter and backup state after a passkey was used."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class WebAuthnUser:
    """The user of a passkey: the user handle returned at sign-in, and the names that devices display."""

    id: str
    name: str
    shown: str


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _challenge(client_data: bytes) -> str:
    """The challenge in `clientDataJSON`. Rejects responses from cross-origin frames."""
    try:
        parsed = json.loads(client_data)
    except (ValueError, RecursionError) as error:
        raise InvalidCredential("clientDataJSON is not valid JSON") from error
    if not isinstance(parsed, dict) or parsed.get("crossOrigin") not in (None, False):
        raise InvalidCredential("clientDataJSON is malformed, or from a cross-origin frame")
    return _text(parsed.get("challenge"), "challenge", MAX_ID)


def _text(value: object, name: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or not _BASE64URL.fullmatch(value):
        raise InvalidCredential(f"{name} is missing, too long, or not base64url")
    if len(value) % 4 == 1:
        raise InvalidCredential(f"{name} is truncated")
    return value
