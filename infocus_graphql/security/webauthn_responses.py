"""What browsers answer when they are asked for a passkey, measured and read; and what is kept of it.

It is bytes of strangers: nothing here is to be believed before `ceremonies` has checked it.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

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
_MOST_TRANSPORTS: Final = 16


class InvalidCredential(ValueError):
    """An answer that is no good. The text is for logs: clients aren't told how near they came."""


@dataclass(frozen=True, slots=True)
class CredentialResponse:
    """What a browser's `toJSON()` gave, as far as it is looked at."""

    id: str
    parts: Mapping[str, str]
    challenge: str
    transports: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: Mapping[str, Any], names: tuple[str, ...]) -> "CredentialResponse":
        """The answer with these parts; BadCredential for anything of another form, or too long."""
        response, key_id = given.get("response"), given.get("id")
        if not isinstance(response, dict) or given.get("type") != _TYPE or given.get("rawId") != key_id:
            raise InvalidCredential("not the JSON of a PublicKeyCredential")
        parts = {each: _text(response.get(each), each, _LONGEST[each]) for each in names}
        transports = response.get("transports")
        found = transports[:_MOST_TRANSPORTS] if isinstance(transports, list) else []
        return cls(
            _text(key_id, "id", MAX_ID),
            parts,
            _challenge(decoded(parts["clientDataJSON"])),
            tuple(each for each in found if isinstance(each, str)),
        )

    def as_json(self) -> dict[str, Any]:
        """The same for the library: nothing but what was measured."""
        return {"id": self.id, "rawId": self.id, "type": _TYPE, "response": dict(self.parts)}


@dataclass(frozen=True, slots=True)
class RegisteredCredential:
    """A passkey that was made: what is kept of it. Ids and keys are base64url."""

    id: str
    public_key: str
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """A passkey that was used, and how its counter and its copies stand."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class WebAuthnUser:
    """Whom a passkey is made for: the id that it gives back at sign-in, and what devices show."""

    id: str
    name: str
    shown: str


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _challenge(client_data: bytes) -> str:
    """The challenge that a browser says it has answered; not for pages in frames of other sites."""
    try:
        said = json.loads(client_data)
    except (ValueError, RecursionError) as error:
        raise InvalidCredential("clientDataJSON is no JSON") from error
    if not isinstance(said, dict) or said.get("crossOrigin") not in (None, False):
        raise InvalidCredential("clientDataJSON is of another form, or of a frame")
    return _text(said.get("challenge"), "challenge", MAX_ID)


def _text(value: Any, name: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or not _BASE64URL.fullmatch(value):
        raise InvalidCredential(f"{name} is missing, too long, or not base64url")
    if len(value) % 4 == 1:
        raise InvalidCredential(f"{name} is cut off")
    return value
