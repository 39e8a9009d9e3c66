"""The signed, short-lived challenge issued between the password and the second factor of a sign-in."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MfaChallenge:
    """A statement that a user's password was verified, valid until `expires` (Unix time in seconds)."""

    user_id: str
    expires: int

    def signed(self, key: bytes, password_hash: str) -> str:
        """The signed text for the client. A change of the password invalidates it."""
        return f"{self.user_id}.{self.expires}.{self._signature(key, password_hash)}"

    def is_signed_by(self, text: str, key: bytes, password_hash: str) -> bool:
        """Whether `text`, from which this challenge was read, has a valid signature."""
        return hmac.compare_digest(text.encode(), self.signed(key, password_hash).encode())

    @classmethod
    def read(cls, text: str) -> "MfaChallenge | None":
        """Parses a text without verifying it; check `is_signed_by` before trusting any of it."""
        user_id, _, rest = text.partition(".")
        expires = rest.partition(".")[0]
        if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
            return None
        return cls(user_id, int(expires))

    def _signature(self, key: bytes, password_hash: str) -> str:
        text = f"{self.user_id}.{self.expires}.{password_hash}"
        return urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")
