"""The refresh cookie: parsed from requests, serialised for responses; not readable by scripts."""

import re
from typing import Final

from infocus_graphql.http.headers import RequestHeaders

NAME: Final = "infocus_refresh"
PATH: Final = "/graphql"
_VALUE: Final = re.compile(r"[\w.~-]{0,512}", re.ASCII)


def refresh_cookie_of(headers: RequestHeaders) -> str | None:
    """The refresh token in the cookie; None if it is missing or malformed."""
    for header in headers.all(b"cookie"):
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == NAME:
                # The first one wins: browsers send the cookie with the longest path first.
                return value if value and _VALUE.fullmatch(value) else None
    return None


def refresh_cookie_header(value: str, seconds: int, *, secure: bool, cross_site: bool = False) -> str:
    """The `Set-Cookie` value for a refresh token with this lifetime; an empty value removes the cookie.

    The cookie is sent only to this API (`Path`), never from other sites (`SameSite`), and scripts can't read
    it (`HttpOnly`). A page of another site that may use the API (`cross_site`) gets a partitioned cookie,
    which is sent only from pages of that site. Browsers accept no other third-party cookie, and require
    `Secure`, which also works on localhost.
    """
    if not _VALUE.fullmatch(value):
        raise ValueError("A refresh token has characters that a cookie can't carry.")
    site = ["SameSite=None", "Partitioned"] if cross_site else ["SameSite=Strict"]
    parts = [
        f"{NAME}={value}",
        f"Max-Age={seconds if value else 0}",
        f"Path={PATH}",
        "HttpOnly",
        *site,
    ]
    return "; ".join([*parts, "Secure"] if secure or cross_site else parts)
