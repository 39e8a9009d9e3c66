"""Settings of sessions and passwords: lifetimes, and the parameters of argon2."""

from pydantic import Field
from pydantic_settings import BaseSettings


class SessionSettings(BaseSettings):
    """Sessions and passwords."""

    access_token_minutes: int = Field(15, ge=1, le=15, description="Lifetime of an access token.")
    refresh_token_days: int = Field(
        7, ge=1, le=30, description="Lifetime of a refresh token; each refresh issues a new one."
    )
    session_days: int = Field(
        30, ge=1, le=30, description="Maximum lifetime of a session, regardless of refreshes."
    )
    refresh_grace_seconds: int = Field(
        10,
        ge=0,
        le=10,
        description="How long a used refresh token can be repeated, for clients that lost the response.",
    )
    cookie_secure: bool | None = Field(
        None, description="Mark the refresh cookie `Secure`. Default: true in production only."
    )
    argon2_memory_kib: int = Field(
        19456, ge=8, le=1_048_576, description="Memory of one password hash (argon2id), in KiB."
    )
    argon2_time_cost: int = Field(
        2, ge=1, le=100, description="Number of passes of one password hash (argon2id)."
    )
    password_threads: int = Field(
        2, ge=1, le=32, description="Threads that compute password hashes, per worker."
    )
    password_queue: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Maximum number of queued password hashes; further sign-ins fail and can be retried.",
    )
