"""Settings of live connections: WebSockets and event streams."""

from pydantic import Field
from pydantic_settings import BaseSettings


class LiveSettings(BaseSettings):
    """Live connections."""

    max_live_connections: int = Field(
        10_000,
        ge=0,
        le=1_000_000,
        description="Maximum number of WebSockets and event streams per worker; further ones are rejected "
        "with 503. They count towards INFOCUS_MAX_CONNECTIONS, too.",
    )
    max_live_connections_per_user: int = Field(
        20,
        ge=1,
        le=1_000_000,
        description="Maximum number of WebSockets and event streams of a user per worker. Ten times as many "
        "for the anonymous clients of a network.",
    )
    max_operations_per_socket: int = Field(
        50, ge=1, le=10_000, description="Maximum number of concurrent operations on a WebSocket."
    )
    socket_init_seconds: float = Field(
        5, gt=0, le=600, description="Timeout for `connection_init` on a new WebSocket."
    )
    socket_ping_seconds: float = Field(
        20,
        gt=0,
        le=3600,
        description="Interval of pings on WebSockets. A client that does not send a pong within the same "
        "time is disconnected. Set it shorter than the proxy's idle timeout.",
    )
    heartbeat_seconds: float = Field(
        12,
        gt=0,
        le=3600,
        description="Interval of comments on idle event streams. Set it shorter than the proxy's idle "
        "timeout.",
    )
