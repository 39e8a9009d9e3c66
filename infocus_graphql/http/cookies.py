"""The refresh cookie: read from requests, written to answers; its value never reaches a script."""

import re
from typing import Final

from infocus_graphql.http.headers import RequestHeaders

NAME: Final = "infocus_refresh"
PATH: Final = "/graphql"
_VALUE: Final = re.compile(r"[\w.~-]{0,512}", re.ASCII)


def refresh_cookie_of(headers: RequestHeaders) -> str | None:
    """The refresh token that came as a cookie; None without one, or with one that can't be ours."""
    for header in headers.all(b"cookie"):
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == NAME:
                # The first counts: browsers put the cookie of the longest path first.
                return value if value and _VALUE.fullmatch(value) else None
    return None


def refresh_cookie_header(value: str, seconds: int, *, secure: bool) -> str:
    """The `Set-Cookie` for a refresh token that lives for so long; an empty value removes the cookie.

    Sent to this API alone (`Path`), never from other sites (`SameSite`), never to scripts.
    """
    if not _VALUE.fullmatch(value):
        raise ValueError("A refresh token has characters that a cookie can't carry.")
    parts = [
        f"{NAME}={value}",
        f"Max-Age={seconds if value else 0}",
        f"Path={PATH}",
        "HttpOnly",
        "SameSite=Strict",
    ]
    return "; ".join([*parts, "Secure"] if secure else parts)
