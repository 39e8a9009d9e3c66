"""Validates `Host`: HTTP/1.1 requires exactly one, with a valid host in every version (RFC 9112, 3.2)."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address
from typing import Final

from infocus_graphql.http.errors import HttpError, bad_request

_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~-]{1,255}|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{0,5}))?")
_LAST_PORT: Final = 65_535


def host_problem(headers: Iterable[tuple[bytes, bytes]], version: str) -> HttpError | None:
    """The error for missing, repeated or malformed `Host` headers; None if they are valid.

    Proxies, caches and logs would interpret repeated or malformed hosts differently.
    """
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1:
        return bad_request("The request has more than one `Host` header.")
    if hosts:
        return None if _is_host(hosts[0]) else bad_request("The `Host` header is not a host name or address.")
    return None if version == "1.0" else bad_request("The `Host` header is missing.")


def _is_host(value: bytes) -> bool:
    found = _HOST.fullmatch(value.strip(b" \t"))  # the parser keeps trailing blanks
    if found is None or int(found[2] or 0) > _LAST_PORT:
        return False
    return found[1] is None or _is_ipv6(found[1].decode())


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
