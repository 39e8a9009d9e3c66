"""The client's address, where trusted proxies stand between."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.types import Scope

from infocus_graphql.http.headers import RequestHeaders

_MAX_HOPS: Final = 20
Networks = Sequence[IPv4Network | IPv6Network]


def address_of(scope: Scope, headers: RequestHeaders, trusted: Networks) -> str | None:
    """The address of whoever asks: that of the connection, unless it is a trusted proxy's.

    A proxy adds the address that it was asked from to the end of `X-Forwarded-For`, whose beginning
    anybody can make up: the last address that is no trusted proxy's counts.
    """
    peer = scope.get("client")
    if peer is None:
        return None
    found: str = peer[0]
    if not trusted or not _is_in(found, trusted):
        return found
    given = ",".join(headers.all(b"x-forwarded-for")).split(",")
    for hop in reversed(given[-_MAX_HOPS:]):
        address = hop.strip()
        if not _is_address(address):
            break  # a proxy that we trust writes no such thing: what is before it can't be trusted
        found = address
        if not _is_in(found, trusted):
            break
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, networks: Networks) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False  # a socket of the system has no address
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
