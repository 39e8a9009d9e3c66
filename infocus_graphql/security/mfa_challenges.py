"""What somebody gets who knows the password but has not shown the second factor yet."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MfaChallenge:
    """Says that a person's password was right, until some second; good for nothing but the next step."""

    user_id: str
    expires: int

    def signed(self, key: bytes, password_hash: str) -> str:
        """The text for the client. A change of the password makes it worthless."""
        return f"{self.user_id}.{self.expires}.{self._signature(key, password_hash)}"

    def is_signed_by(self, text: str, key: bytes, password_hash: str) -> bool:
        """Whether `text`, which was read as this challenge, was made by `signed`."""
        return hmac.compare_digest(text.encode(), self.signed(key, password_hash).encode())

    @classmethod
    def read(cls, text: str) -> "MfaChallenge | None":
        """What a text claims to be; nothing of it is to be believed before the signature was compared."""
        user_id, _, rest = text.partition(".")
        expires = rest.partition(".")[0]
        if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
            return None
        return cls(user_id, int(expires))

    def _signature(self, key: bytes, password_hash: str) -> str:
        text = f"{self.user_id}.{self.expires}.{password_hash}"
        return urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")
