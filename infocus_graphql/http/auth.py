"""Identifies the viewer and the client of a request from its headers and connection."""

import re
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, TypeVar
from urllib.parse import urlsplit

from starlette.types import Scope

from infocus_graphql.core.normal_form import single_line
from infocus_graphql.core.viewer import ANONYMOUS, TokenFault, Viewer
from infocus_graphql.graph.context import Client, Services
from infocus_graphql.http.cookies import refresh_cookie_of
from infocus_graphql.http.errors import HttpError
from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.http.proxies import address_of
from infocus_graphql.security.api_tokens import is_api_token
from infocus_graphql.security.revocation_listener import RevocationCheckUnavailable
from infocus_graphql.settings import Settings

T = TypeVar("T")

MAX_USER_AGENT: Final = 200
_IPV4: Final = 4
_BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.~+/-]+=*)")
_OF_BROWSERS: Final = (b"origin", b"sec-fetch-site", b"cookie")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


async def viewer_of(headers: RequestHeaders, services: Services) -> Viewer:
    """The viewer that the `Authorization` header identifies; anonymous with a `fault` if it is not valid.

    An access token costs no database query unless this process may have missed a revocation; an API token
    costs at most one per second. Raises HttpError 503 if a needed check is impossible.
    """
    return await viewer_of_values(headers.all(b"authorization"), services)


async def viewer_of_values(values: Sequence[str], services: Services) -> Viewer:
    """The viewer that the values of `Authorization` identify, as `viewer_of`."""
    if not values:
        return ANONYMOUS
    bearer = bearer_of(values)
    if bearer is not None and is_api_token(bearer):
        return await _or_unavailable(services.api_tokens.verify(bearer))
    viewer = services.tokens.verify(bearer) if bearer else Viewer(fault=TokenFault.INVALID)
    if bearer is None or viewer.session_id is None:
        return viewer
    if not services.tokens.revoked.fresh:
        await _or_unavailable(services.sessions.ensure_fresh())
        viewer = services.tokens.verify(bearer)
    if viewer.session_id is not None:
        services.sessions.mark_seen(viewer.session_id)
    return viewer


def bearer_of(values: Sequence[str]) -> str | None:
    """The token in the values of `Authorization`; None if there is not exactly one, in the Bearer scheme."""
    bearer = _BEARER.fullmatch(values[0].strip()) if len(values) == 1 else None
    return bearer and bearer[1]


async def _or_unavailable(check: Awaitable[T]) -> T:
    try:
        return await check
    except RevocationCheckUnavailable as error:
        message = "The server can't check at the moment whether this token is still valid. Try again soon."
        raise HttpError(503, "SERVICE_UNAVAILABLE", message, {"Retry-After": "1"}) from error


def client_of(scope: Scope, headers: RequestHeaders, settings: Settings) -> Client:
    """The client's address, device and cookies; the address may come from a trusted proxy."""
    address = address_of(scope, headers, settings)
    return Client(
        address=address,
        ip_prefix=ip_prefix(address) if address else None,
        user_agent=_printable(headers.first(b"user-agent")),
        refresh_cookie=refresh_cookie_of(headers),
        is_browser=any(headers.first(name) is not None for name in _OF_BROWSERS),
        is_other_host=is_other_host(headers),
    )


def is_cross_site(headers: RequestHeaders) -> bool:
    """Whether the browser reports a cross-site request; `localhost` and `127.0.0.1` are different sites."""
    return headers.first(b"sec-fetch-site") == "cross-site"


def is_other_host(headers: RequestHeaders) -> bool:
    """Whether the page's host name differs from this server's, and a browser may keep no cookie for it.

    Ports don't matter. `localhost` and `127.0.0.1` are two names. Two host names of one site share cookies;
    only `Sec-Fetch-Site` shows that they do, and not all browsers and addresses have this header.
    """
    if headers.first(b"sec-fetch-site") in {"same-origin", "same-site"}:
        return False
    page, own = _host_name(headers.first(b"origin")), _host_name(f"//{headers.first(b'host') or ''}")
    return page is not None and own is not None and page != own


def ip_prefix(address: str) -> str | None:
    """The network of `address`: its first 24 bits for IPv4, 48 for IPv6; None if it isn't an IP address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ip_network((parsed, 24 if parsed.version == _IPV4 else 48), strict=False))


def refuse_foreign_origin(headers: RequestHeaders, allows: Callable[[str], bool]) -> None:
    """Raises HttpError 403 if the request has the refresh cookie and an origin that may not use it.

    Our own pages and allowed origins may. The cookie's `SameSite` attribute and the CORS preflight of JSON
    requests already keep browsers from sending such requests; this check is the second line of defence.
    """
    origin = headers.first(b"origin")
    if origin is None or refresh_cookie_of(headers) is None or allows(origin):
        return
    if not is_own_origin(headers):
        raise HttpError(403, "CROSS_ORIGIN", "Pages of other sites can't use this API with its cookie.")


def is_own_origin(headers: RequestHeaders) -> bool:
    """Whether the `Origin` is this server's own, by the `Host` header."""
    own = (headers.first(b"host") or "").lower()
    return own in _hosts(headers.first(b"origin") or "null")


def _hosts(origin: str) -> set[str]:
    """The possible `Host` values of an origin, with and without the default port; none for `null`."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return set()
    port = _DEFAULT_PORTS.get(parts.scheme)
    if port is None or not parts.netloc:
        return set()
    return {parts.netloc, parts.netloc.removesuffix(port), parts.netloc + port}


def _host_name(url: str | None) -> str | None:
    try:
        return urlsplit(url).hostname if url else None
    except ValueError:
        return None


def _printable(text: str | None) -> str | None:
    return single_line(single_line(text or "")[:MAX_USER_AGENT]) or None
