"""The size limits and timeouts of connections, from the settings."""

from dataclasses import dataclass

from infocus_graphql.settings import Settings


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The size limits and timeouts of a connection."""

    connections: int
    headers: int
    header_bytes: int
    bytes: int
    header_seconds: float
    body_seconds: float
    send_seconds: float

    @classmethod
    def of(cls, settings: Settings) -> "ConnectionLimits":
        """The limits of the settings."""
        return cls(
            connections=settings.max_connections,
            headers=settings.max_headers,
            header_bytes=settings.max_header_bytes,
            # A coarse limit: with chunks of one byte, chunked encoding is six times as large as the body,
            # whose exact size `request_parsing` checks.
            bytes=settings.max_header_bytes + 8 * settings.max_body_bytes,
            header_seconds=settings.header_seconds,
            body_seconds=settings.body_seconds,
            send_seconds=settings.send_seconds,
        )
