"""The settings of connections and of what goes over them."""

import re
from typing import Annotated, Final

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'+.^_`|~-]*\*?")


class EdgeSettings(BaseSettings):
    """A part of `Settings`."""

    max_connections: int = Field(
        10_000, ge=1, description="Most open connections of a worker; those on top are refused."
    )
    max_headers: int = Field(100, ge=10, description="Most headers of a request.")
    max_header_bytes: int = Field(
        32_768, ge=1024, description="Largest address of a request with all its headers."
    )
    header_seconds: float = Field(10, gt=0, description="Time that the headers of a request have to arrive.")
    body_seconds: float = Field(30, gt=0, description="Time that the body of a request has to arrive.")
    keep_alive_seconds: int = Field(
        65,
        ge=1,
        description="How long a connection is kept open for the next request; longer than a proxy keeps it.",
    )
    send_seconds: float = Field(
        20, gt=0, description="Who takes less than 64 KiB of a waiting answer in this time is cut off."
    )
    mail_pages: bool | None = Field(
        None,
        description="Whether this server has the pages that links in mails lead to; by default where "
        "INFOCUS_WEB_URL is not set. With them, INFOCUS_WEB_URL is the address of this server.",
    )
    max_answer_bytes: int = Field(
        10_485_760, ge=1024, description="Largest answer, before compression; larger ones are refused."
    )
    compress_from_bytes: int = Field(
        1024,
        ge=0,
        description="Answers to queries are compressed from this size on, for clients that ask for it; 0 for "
        "never, where a proxy does it.",
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

    @field_validator("cors_headers", "cors_exposed_headers", mode="before")
    @classmethod
    def _split_headers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = tuple(part.strip() for part in value.split(",") if part.strip())
        if not all(_HEADER.fullmatch(name) for name in names):
            raise ValueError("write names of headers, separated by commas: authorization, content-type")
        return names
