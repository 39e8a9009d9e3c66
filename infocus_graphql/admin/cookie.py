"""The session cookie of the data browser: a signed session id that expires after 30 minutes of inactivity."""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from infocus_graphql.core.clock import now

NAME: Final = "infocus_admin"
# The key in a request's state for the `Set-Cookie` of its response.
TO_SET: Final = "infocus_cookie"
IDLE_TIMEOUT: Final = timedelta(minutes=30)
_RENEWED_AFTER: Final = timedelta(minutes=5)
_VALUE: Final = re.compile(r"(se[0-9a-z]{1,40})\.([0-9]{1,11})\.([\w-]{1,100})", re.ASCII)


class SessionCookie:
    """Serialises and parses the cookie, which only the data browser receives, and no script can read."""

    def __init__(self, key: bytes, path: str, *, secure: bool) -> None:
        self._key = key
        self._attributes = f"; Path={path}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"

    def header(self, session_id: str | None) -> str:
        """The `Set-Cookie` value for a session; without one, it removes the cookie."""
        if session_id is None:
            return f"{NAME}=; Max-Age=0{self._attributes}"
        expires = int((now() + IDLE_TIMEOUT).timestamp())
        value = f"{session_id}.{expires}.{self._signature(session_id, expires)}"
        return f"{NAME}={value}; Max-Age={int(IDLE_TIMEOUT.total_seconds())}{self._attributes}"

    def session_of(self, headers: Iterable[str]) -> tuple[str, bool] | None:
        """The session id in the cookie, and whether to renew it; None if it is missing or invalid."""
        for header in headers:
            for pair in header.split(";"):
                name, _, value = pair.strip().partition("=")
                if name == NAME:
                    return self._read(value)
        return None

    def _read(self, value: str) -> tuple[str, bool] | None:
        found = _VALUE.fullmatch(value)
        if found is None:
            return None
        session_id, expires, signature = found[1], int(found[2]), found[3]
        left = expires - now().timestamp()
        if left <= 0 or not hmac.compare_digest(signature, self._signature(session_id, expires)):
            return None
        return session_id, left < (IDLE_TIMEOUT - _RENEWED_AFTER).total_seconds()

    def _signature(self, session_id: str, expires: int) -> str:
        digest = hmac.digest(self._key, f"{session_id}.{expires}".encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")
