"""The client's address and scheme, where trusted proxies stand in between."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

from starlette.types import Scope

from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.settings import Settings
from infocus_graphql.settings.http import ProxyHeader

_MAX_HOPS: Final = 20
# An address with or without a port; RFC 7239 lets ports be names too.
_BRACKETED: Final = re.compile(r"\[([^\]]*)\](?::[\w.-]*)?", re.ASCII)
_WITH_PORT: Final = re.compile(r"([0-9.]+):[\w.-]*", re.ASCII)
Address: TypeAlias = IPv4Address | IPv6Address


def address_of(scope: Scope, headers: RequestHeaders, settings: Settings) -> str | None:
    """The client's address: that of the connection, unless it is a trusted proxy's.

    A proxy adds the address that it was asked from to the end of a header, whose beginning any client can
    make up: the last address that is no trusted proxy's counts. None when the proxy doesn't say the address
    (`unknown`, `_hidden`), or says it in a form that can't be read: then the client is neither counted as the
    proxy nor as what it has made up.
    """
    peer = scope.get("client")
    if peer is None:
        return None
    connected: str = peer[0]
    if not _is_from_proxy(scope, settings):
        return connected
    hops = _hops(headers, settings.proxy_header)
    if not hops:
        return connected  # the proxy asks for itself, to find out whether the server is there
    found: Address | None = None
    for hop in reversed(hops[-_MAX_HOPS:]):
        found = _address(hop)
        if not _is_trusted(found, settings):
            break
    return None if found is None else str(found)


def scheme_of(scope: Scope, headers: RequestHeaders, settings: Settings) -> str:
    """The scheme of the address that the client uses: what a trusted proxy says, else the connection's."""
    connected: str = scope["scheme"]
    if not _is_from_proxy(scope, settings):
        return connected
    forwarded = [_parameter(each, "proto") for each in _elements(headers.all(b"forwarded"))]
    given = _elements(headers.all(b"x-forwarded-proto")) or forwarded
    said = given[-1].strip('"').lower() if given else connected
    return said if said in {"http", "https"} else connected


def _is_from_proxy(scope: Scope, settings: Settings) -> bool:
    """Whether a trusted proxy made this connection."""
    peer = scope.get("client")
    return bool(settings.trusted_proxies and peer and _is_trusted(_address(peer[0]), settings))


def _hops(headers: RequestHeaders, written: ProxyHeader | None) -> list[str]:
    """What each proxy was asked from, as they wrote it, the nearest last.

    Unless a header is `written` for sure, that is `X-Forwarded-For`, and `Forwarded` in requests without it.
    """
    if written is not ProxyHeader.FORWARDED:
        given = _elements(headers.all(b"x-forwarded-for"))
        if given or written is not None:
            return given
    return [_parameter(each, "for") for each in _elements(headers.all(b"forwarded"))]


def _elements(lines: Iterable[str]) -> list[str]:
    """The elements of a list; a proxy adds its own to the last line, or a line of its own.

    Quotes don't hold elements together: a client that opens one could swallow what the proxy adds.
    """
    return [element for each in ",".join(lines).split(",") if (element := each.strip())]


def _parameter(element: str, wanted: str) -> str:
    """The value of a parameter that an element of `Forwarded` has exactly once; nothing otherwise."""
    pairs = [pair.partition("=") for pair in element.split(";")]
    values = [value.strip() for name, _, value in pairs if name.strip().lower() == wanted]
    return values[0] if len(values) == 1 else ""


def _address(text: str) -> Address | None:
    """The address that a proxy wrote, with or without quotes, brackets and a port; None for all else."""
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
