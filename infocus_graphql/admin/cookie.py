"""The cookie of the data browser: which session somebody came in with, signed, for half an hour of rest."""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from infocus_graphql.core.clock import now

NAME: Final = "infocus_admin"
# Under this name a request's state holds the `Set-Cookie` that its answer is to carry.
TO_SET: Final = "infocus_cookie"
REST: Final = timedelta(minutes=30)
_RENEWED_AFTER: Final = timedelta(minutes=5)
_VALUE: Final = re.compile(r"(se[0-9a-z]{1,40})\.([0-9]{1,11})\.([\w-]{1,100})", re.ASCII)


class SessionCookie:
    """Writes and reads the cookie. It goes to the data browser's pages alone, and never to scripts."""

    def __init__(self, key: bytes, path: str, *, secure: bool) -> None:
        self._key = key
        self._attributes = f"; Path={path}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"

    def header(self, session_id: str | None) -> str:
        """The `Set-Cookie` for a session; without one, it removes the cookie."""
        if session_id is None:
            return f"{NAME}=; Max-Age=0{self._attributes}"
        ends = int((now() + REST).timestamp())
        value = f"{session_id}.{ends}.{self._signature(session_id, ends)}"
        return f"{NAME}={value}; Max-Age={int(REST.total_seconds())}{self._attributes}"

    def session_of(self, headers: Iterable[str]) -> tuple[str, bool] | None:
        """The session that the `Cookie` headers name, and whether the cookie is to be renewed."""
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
        session_id, ends, signature = found[1], int(found[2]), found[3]
        left = ends - now().timestamp()
        if left <= 0 or not hmac.compare_digest(signature, self._signature(session_id, ends)):
            return None
        return session_id, left < (REST - _RENEWED_AFTER).total_seconds()

    def _signature(self, session_id: str, ends: int) -> str:
        digest = hmac.digest(self._key, f"{session_id}.{ends}".encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")
