"""The client's address and scheme behind trusted proxies."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

from starlette.types import Scope

from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.settings import Settings
from infocus_graphql.settings.http import ProxyHeader

_MAX_HOPS: Final = 20
# An address with or without a port; RFC 7239 also allows names as ports.
_BRACKETED: Final = re.compile(r"\[([^\]]*)\](?::[\w.-]*)?", re.ASCII)
_WITH_PORT: Final = re.compile(r"([0-9.]+):[\w.-]*", re.ASCII)
Address: TypeAlias = IPv4Address | IPv6Address


def address_of(scope: Scope, headers: RequestHeaders, settings: Settings) -> str | None:
    """The client's address: the peer of the connection, unless that is a trusted proxy.

    Each proxy appends its peer's address to a header that the client can start with anything, so the client
    is the last address that is not a trusted proxy's. With trusted proxies 10.0.0.0/8, the header
    `6.6.6.6, 203.0.113.9, 10.0.0.7` gives 203.0.113.9. Returns None if the proxy hides the address
    (`unknown`, `_hidden`) or writes it in an unreadable form; an address further left may be forged.
    """
    peer = scope.get("client")
    if peer is None:
        return None
    connected: str = peer[0]
    if not _is_from_proxy(scope, settings):
        return connected
    hops = _hops(headers, settings.proxy_header)
    if not hops:
        return connected  # a request of the proxy itself, such as a health check
    found: Address | None = None
    for hop in reversed(hops[-_MAX_HOPS:]):
        found = _address(hop)
        if not _is_trusted(found, settings):
            break
    return None if found is None else str(found)


def scheme_of(scope: Scope, headers: RequestHeaders, settings: Settings) -> str:
    """The scheme that the client uses: as reported by a trusted proxy, else that of the connection."""
    connected: str = scope["scheme"]
    if not _is_from_proxy(scope, settings):
        return connected
    forwarded = [_parameter(each, "proto") for each in _elements(headers.all(b"forwarded"))]
    reported = _elements(headers.all(b"x-forwarded-proto")) or forwarded
    scheme = reported[-1].strip('"').lower() if reported else connected
    return scheme if scheme in {"http", "https"} else connected


def _is_from_proxy(scope: Scope, settings: Settings) -> bool:
    """Whether the peer of the connection is a trusted proxy."""
    peer = scope.get("client")
    return bool(settings.trusted_proxies and peer and _is_trusted(_address(peer[0]), settings))


def _hops(headers: RequestHeaders, configured: ProxyHeader | None) -> list[str]:
    """The peers that the proxies reported, the nearest last.

    From the `configured` header; by default `X-Forwarded-For`, or `Forwarded` if that is missing.
    """
    if configured is not ProxyHeader.FORWARDED:
        reported = _elements(headers.all(b"x-forwarded-for"))
        if reported or configured is not None:
            return reported
    return [_parameter(each, "for") for each in _elements(headers.all(b"forwarded"))]


def _elements(lines: Iterable[str]) -> list[str]:
    """The elements of a list header; a proxy appends to the last line or adds a line.

    Quotes are not interpreted: a client could open one that swallows the element that the proxy appends.
    """
    return [element for each in ",".join(lines).split(",") if (element := each.strip())]


def _parameter(element: str, wanted: str) -> str:
    """The value of a parameter in an element of `Forwarded`; "" if it is missing or repeated."""
    pairs = [pair.partition("=") for pair in element.split(";")]
    values = [value.strip() for name, _, value in pairs if name.strip().lower() == wanted]
    return values[0] if len(values) == 1 else ""


def _address(text: str) -> Address | None:
    """Parses an address with optional quotes, brackets and port; None if it isn't one."""
    node = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    found = _BRACKETED.fullmatch(node) or _WITH_PORT.fullmatch(node)
    try:
        address = ip_address(found[1] if found else node)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _is_trusted(address: Address | None, settings: Settings) -> bool:
    return address is not None and any(address in network for network in settings.trusted_proxies)
