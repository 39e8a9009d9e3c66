"""Who asks and from where, by the request's headers and its connection."""

import re
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, TypeVar
from urllib.parse import urlsplit

from starlette.types import Scope

from infocus_graphql.core.normal_form import single_line
from infocus_graphql.core.viewer import NOBODY, TokenFault, Viewer
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
    """Who the `Authorization` header says is asking; nobody, with a fault, when it is no good.

    Asks the database nothing for an access token, unless this process may have missed the end of a session;
    for an API token once a second.
    """
    given = headers.all(b"authorization")
    if not given:
        return NOBODY
    bearer = _BEARER.fullmatch(given[0].strip()) if len(given) == 1 else None
    if bearer is not None and is_api_token(bearer[1]):
        return await _certain(services.api_tokens.verify(bearer[1]))
    viewer = services.tokens.verify(bearer[1]) if bearer else Viewer(fault=TokenFault.INVALID)
    if bearer is None or viewer.session_id is None:
        return viewer
    if not services.tokens.ended.fresh:
        await _certain(services.sessions.ensure_fresh())
        viewer = services.tokens.verify(bearer[1])
    if viewer.session_id is not None:
        services.sessions.mark_seen(viewer.session_id)
    return viewer


async def _certain(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except RevocationCheckUnavailable as error:
        message = "It can't be checked now whether this token is still good. Try again soon."
        raise HttpError(503, "SERVICE_UNAVAILABLE", message, {"Retry-After": "1"}) from error


def client_of(scope: Scope, headers: RequestHeaders, settings: Settings) -> Client:
    """What is known of the client's device and network; trusted proxies are believed about its address."""
    address = address_of(scope, headers, settings)
    return Client(
        address=address,
        ip_prefix=ip_prefix(address) if address else None,
        user_agent=_printable(headers.first(b"user-agent")),
        refresh_cookie=refresh_cookie_of(headers),
        is_browser=any(headers.first(name) is not None for name in _OF_BROWSERS),
        is_cross_site=is_cross_site(headers),
    )


def is_cross_site(headers: RequestHeaders) -> bool:
    """Whether a browser says that the page is on another site; `localhost` and `127.0.0.1` are two."""
    return headers.first(b"sec-fetch-site") == "cross-site"


def ip_prefix(address: str) -> str | None:
    """The network of `address`: its first 24 bits, or 48 of IPv6; None for what is no address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ip_network((parsed, 24 if parsed.version == _IPV4 else 48), strict=False))


def refuse_foreign_origin(headers: RequestHeaders, allows: Callable[[str], bool]) -> None:
    """Refuses a request that has the refresh cookie and comes from a page that may not use it.

    Our own pages may, and those of origins that are allowed. The cookie's attributes and the preflight that
    JSON needs keep browsers from sending such requests; this holds even where one of the two fails.
    """
    origin = headers.first(b"origin")
    if origin is None or refresh_cookie_of(headers) is None or allows(origin):
        return
    if not is_own_origin(headers):
        raise HttpError(403, "CROSS_ORIGIN", "Pages of other sites can't use this API with its cookie.")


def is_own_origin(headers: RequestHeaders) -> bool:
    """Whether a browser says that a page of this very server sends the request."""
    own = (headers.first(b"host") or "").lower()
    return own in _hosts(headers.first(b"origin") or "null")


def _hosts(origin: str) -> set[str]:
    """The spellings of the `Host` header for the page's own server; none for `null`."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return set()
    port = _DEFAULT_PORTS.get(parts.scheme)
    if port is None or not parts.netloc:
        return set()
    return {parts.netloc, parts.netloc.removesuffix(port), parts.netloc + port}


def _printable(text: str | None) -> str | None:
    return single_line(single_line(text or "")[:MAX_USER_AGENT]) or None
