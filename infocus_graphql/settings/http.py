"""HTTP settings: listening address, connections, requests, responses, CORS and proxies."""

import re
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

_ORIGIN: Final = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'+.^_`|~-]*\*?")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:.]+(%\w+)?")
_LAST_PORT: Final = 65_535
_MAX_BYTES: Final = 1_073_741_824


class ProxyHeader(Enum):
    """The header in which a proxy reports the client's address."""

    X_FORWARDED_FOR = "x-forwarded-for"
    FORWARDED = "forwarded"


class HttpSettings(BaseSettings):
    """Address, connections and requests."""

    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8000, ge=0, le=_LAST_PORT, description="Port that the server listens on.")
    workers: int = Field(1, ge=1, le=64, description="Number of server processes.")
    drain_seconds: float = Field(
        5,
        ge=0,
        le=600,
        description="How long the server keeps serving after SIGTERM while `/readyz` fails. Set it longer "
        "than the load balancer needs to notice. A second signal skips it. `infocus dev` doesn't drain.",
    )
    shutdown_seconds: int = Field(
        15,
        ge=0,
        le=3600,
        description="How long running requests may take to finish, after INFOCUS_DRAIN_SECONDS.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="CORS: other origins whose web pages may use the API, separated by commas, such as "
        "`https://app.example.org`.",
    )
    cors_local_pages: bool | None = Field(
        None,
        description="CORS: allow web pages on this machine (`localhost`, `127.0.0.1`, `[::1]`, any port). "
        "Default: true in development only.",
    )
    cors_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",),
        description="CORS: request headers that other origins may send, separated by commas, such as "
        "`authorization, content-type, graphql-client-*`. Default: all.",
    )
    cors_exposed_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="CORS: response headers that other origins may read in addition to the server's own, "
        "separated by commas, such as a proxy's `Server-Timing`.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (),
        description="Networks of trusted proxies, separated by commas, such as `10.0.0.0/8`. Only these may "
        "set the client's address and scheme. Default: none; the client is the peer of the connection.",
    )
    proxy_header: ProxyHeader | None = Field(
        None,
        description="The header in which trusted proxies report the client's address: `x-forwarded-for` or "
        "`forwarded`. Default: `X-Forwarded-For`, and `Forwarded` if the former is missing. Set it if your "
        "proxy passes the other header through unchanged, because clients can forge that one.",
    )
    max_connections: int = Field(
        12_000,
        ge=1,
        le=1_000_000,
        description="Maximum number of open connections per worker; further ones are rejected with 503.",
    )
    max_headers: int = Field(100, ge=10, le=10_000, description="Maximum number of headers in a request.")
    max_header_bytes: int = Field(
        32_768, ge=1024, le=_MAX_BYTES, description="Maximum size of a request's URL and headers."
    )
    header_seconds: float = Field(
        10, gt=0, le=3600, description="Timeout for receiving the headers of a request."
    )
    body_seconds: float = Field(30, gt=0, le=3600, description="Timeout for receiving the body of a request.")
    keep_alive_seconds: int = Field(
        65,
        ge=1,
        le=86_400,
        description="How long an idle connection is kept open. Set it longer than the proxy's own timeout.",
    )
    send_seconds: float = Field(
        20,
        gt=0,
        le=3600,
        description="Clients that read less than 64 KiB of a pending response within this time are "
        "disconnected.",
    )
    mail_pages: bool | None = Field(
        None,
        description="Serve the pages that links in mails point to. Default: true if INFOCUS_WEB_URL is not "
        "set. If true, INFOCUS_WEB_URL must be the URL of this server.",
    )
    max_body_bytes: int = Field(
        262_144, ge=1024, le=_MAX_BYTES, description="Maximum size of a request body."
    )
    max_response_bytes: int = Field(
        10_485_760,
        ge=1024,
        le=_MAX_BYTES,
        description="Maximum size of a response before compression; larger ones become an error.",
    )
    compress_from_bytes: int = Field(
        1024,
        ge=0,
        le=_MAX_BYTES,
        description="Responses to queries of at least this size are compressed for clients that accept it. "
        "0 disables compression, for example if a proxy compresses.",
    )

    @field_validator("host")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not _HOST.fullmatch(value):
            raise ValueError("write a host name or an IP address, such as 0.0.0.0, without scheme or port")
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        return tuple(_network(each) for each in listed(value)) if isinstance(value, str) else value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        for each in (origins := listed(value)):
            if not _ORIGIN.fullmatch(each) or not usable_port(each):
                raise ValueError(
                    f"{each!r} is not an origin; write each one as https://app.example.org, without a path, "
                    "separated by commas"
                )
        return origins

    @field_validator("cors_headers", "cors_exposed_headers", mode="before")
    @classmethod
    def _split_headers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = listed(value)
        if not all(_HEADER.fullmatch(name) for name in names):
            raise ValueError("write header names separated by commas: authorization, content-type")
        return names


def listed(value: str) -> tuple[str, ...]:
    """The non-empty parts of a comma-separated list."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def usable_port(origin: str) -> bool:
    """Whether the origin has no port, or a valid one."""
    port = origin.rpartition(":")[2]
    return not port.isdecimal() or 0 < int(port) <= _LAST_PORT


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a network; write each one as 10.0.0.0/8, with zeros after the prefix, "
            "separated by commas"
        ) from None
