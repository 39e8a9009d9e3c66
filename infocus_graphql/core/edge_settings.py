"""The settings of connections and of what goes over them."""

from pydantic import Field
from pydantic_settings import BaseSettings


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
