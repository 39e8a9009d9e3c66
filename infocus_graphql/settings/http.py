"""The settings of the address that is listened on, of connections, and of what goes over them."""

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
    """The header in which a proxy says which address it was asked from."""

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
        description="Time that the server goes on after SIGTERM while `/readyz` fails; longer than a load "
        "balancer needs to notice. A second signal ends it. `infocus dev` has none.",
    )
    shutdown_seconds: int = Field(
        15,
        ge=0,
        le=3600,
        description="Time that running requests get to finish, after INFOCUS_DRAIN_SECONDS.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins of web pages that may use the API besides its own, separated by commas: "
        "`https://app.example.org`.",
    )
    cors_local_pages: bool | None = Field(
        None,
        description="Whether pages of this machine (`localhost`, `127.0.0.1`, `[::1]`, any port) may use the "
        "API; by default in development only.",
    )
    cors_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        ("*",),
        description="Request headers that pages of other origins may send, separated by commas: "
        "`authorization, content-type, graphql-client-*`. By default all.",
    )
    cors_exposed_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Response headers that pages of other origins may read besides the server's own, "
        "separated by commas, such as `Server-Timing` of a proxy.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (),
        description="Networks of the proxies that are believed about the client's address, separated by "
        "commas: `10.0.0.0/8`. Without any, the address of the connection counts.",
    )
    proxy_header: ProxyHeader | None = Field(
        None,
        description="The header in which INFOCUS_TRUSTED_PROXIES say the client's address: `x-forwarded-for` "
        "or `forwarded`. By default the first, and the second in requests without it. Name the one that your "
        "proxy writes if it passes the other one on as clients made it up.",
    )
    max_connections: int = Field(
        10_000, ge=1, le=1_000_000, description="Most open connections of a worker; those on top are refused."
    )
    max_headers: int = Field(100, ge=10, le=10_000, description="Most headers of a request.")
    max_header_bytes: int = Field(
        32_768, ge=1024, le=_MAX_BYTES, description="Largest address of a request with all its headers."
    )
    header_seconds: float = Field(
        10, gt=0, le=3600, description="Time that the headers of a request have to arrive."
    )
    body_seconds: float = Field(
        30, gt=0, le=3600, description="Time that the body of a request has to arrive."
    )
    keep_alive_seconds: int = Field(
        65,
        ge=1,
        le=86_400,
        description="How long a connection is kept open for the next request; longer than a proxy keeps it.",
    )
    send_seconds: float = Field(
        20,
        gt=0,
        le=3600,
        description="Who takes less than 64 KiB of a waiting answer in this time is cut off.",
    )
    mail_pages: bool | None = Field(
        None,
        description="Whether this server has the pages that links in mails lead to; by default where "
        "INFOCUS_WEB_URL is not set. With them, INFOCUS_WEB_URL is the address of this server.",
    )
    max_body_bytes: int = Field(262_144, ge=1024, le=_MAX_BYTES, description="Largest request body.")
    max_response_bytes: int = Field(
        10_485_760,
        ge=1024,
        le=_MAX_BYTES,
        description="Largest answer, before compression; larger ones are refused.",
    )
    compress_from_bytes: int = Field(
        1024,
        ge=0,
        le=_MAX_BYTES,
        description="Answers to queries are compressed from this size on, for clients that ask for it; 0 for "
        "never, where a proxy does it.",
    )

    @field_validator("host")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not _HOST.fullmatch(value):
            raise ValueError("write a host name or an address, such as 0.0.0.0, without a scheme or a port")
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
            raise ValueError("write names of headers, separated by commas: authorization, content-type")
        return names


def listed(value: str) -> tuple[str, ...]:
    """The parts of a text that commas separate."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def usable_port(origin: str) -> bool:
    """Whether the port at the end of an origin, if it has one, is the number of a port."""
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
