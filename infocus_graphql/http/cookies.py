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


def refresh_cookie_header(value: str, seconds: int, *, secure: bool, cross_site: bool = False) -> str:
    """The `Set-Cookie` for a refresh token that lives for so long; an empty value removes the cookie.

    Sent to this API alone (`Path`), never from other sites (`SameSite`), never to scripts. A page of another
    site that may use the API (`cross_site`) gets a cookie that is sent from pages of this one site alone
    (`Partitioned`): browsers keep no other there, and keep that only as `Secure`, which includes the machine
    they run on.
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
