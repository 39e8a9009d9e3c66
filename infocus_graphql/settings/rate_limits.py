"""Rate limit settings."""

import re
from enum import Enum
from typing import Final

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class RateStore(Enum):
    """Where rate limit counters are kept."""

    MEMORY = "memory"
    DATABASE = "database"
    OFF = "off"


_RATE: Final = re.compile(r"[1-9]\d{0,6}/([1-9]\d{0,2})?[smh]", re.ASCII)


class RateSettings(BaseSettings):
    """Rate limits."""

    rate_limits: RateStore | None = Field(
        None,
        description="Where rate limit counters are kept: `memory` (per process), `database` (shared by all "
        "processes) or `off`. Default: `off`; in production `memory` with one worker, else `database`.",
    )
    rate_anonymous: str = Field(
        "60/m",
        description="Budget in points of an IP address without a token, such as `60/m`, `10/h` or `30/5m`. "
        "An operation costs one point, plus one for each 2,000 of its cost.",
    )
    rate_user: str = Field("600/m", description="Budget in points of a user.")
    rate_token: str = Field(
        "300/m", description="Budget in points of an API token; also charged to its user's budget."
    )
    rate_sign_in: str = Field("60/m", description="Sign-in attempts per IP address.")
    rate_account_sign_in: str = Field("10/m", description="Sign-in attempts per IP address and account.")
    rate_register: str = Field("10/h", description="Registrations per IP address.")
    rate_password_reset: str = Field(
        "20/h", description="Password reset requests and password resets per IP address."
    )
    rate_email_verification: str = Field(
        "30/h", description="Requests and confirmations of e-mail verification per IP address."
    )
    rate_refresh: str = Field("30/5m", description="Token refreshes per IP address, and per session.")
    rate_invitation: str = Field("60/h", description="Invitations per user.")
    rate_data_export: str = Field("5/24h", description="Data exports per user.")
    rate_title_fetch: str = Field(
        "60/m", description="Titles per user that are fetched from TMDB because the catalogue lacks them."
    )
    rate_tmdb_search: str = Field(
        "240/m",
        description="Pages of search results per user that are requested from TMDB. Beyond it, searches read "
        "the catalogue only.",
    )
    rate_account_deletion: str = Field("10/24h", description="Account deletion requests per user.")

    @field_validator(
        "rate_anonymous",
        "rate_user",
        "rate_token",
        "rate_sign_in",
        "rate_account_sign_in",
        "rate_register",
        "rate_password_reset",
        "rate_email_verification",
        "rate_refresh",
        "rate_invitation",
        "rate_data_export",
        "rate_title_fetch",
        "rate_tmdb_search",
        "rate_account_deletion",
    )
    @classmethod
    def _a_rate(cls, value: str) -> str:
        if not _RATE.fullmatch(value):
            raise ValueError("write a number and a period in s, m or h, such as 60/m, 10/h or 30/5m")
        return value
