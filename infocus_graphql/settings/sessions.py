"""The settings of signing in: how long sessions and tokens live, and what hashing a password costs."""

from pydantic import Field
from pydantic_settings import BaseSettings


class SessionSettings(BaseSettings):
    """Sessions and passwords."""

    access_token_minutes: int = Field(15, ge=1, le=15, description="Life of an access token.")
    refresh_token_days: int = Field(
        7, ge=1, le=30, description="Life of a refresh token; each use starts it anew."
    )
    session_days: int = Field(30, ge=1, le=30, description="Life of a session, however often it is used.")
    refresh_grace_seconds: int = Field(
        10, ge=0, le=10, description="How long a lost refresh answer can be asked for again."
    )
    cookie_secure: bool | None = Field(
        None, description="Whether the refresh cookie is `Secure`; by default in production only."
    )
    argon2_memory_kib: int = Field(19456, ge=8, le=1_048_576, description="Memory of one password hash.")
    argon2_time_cost: int = Field(2, ge=1, le=100, description="Passes of one password hash.")
    password_threads: int = Field(2, ge=1, le=32, description="Password hashes computed at a time.")
    password_queue: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Password hashes that wait for these; those on top are refused for a moment.",
    )
