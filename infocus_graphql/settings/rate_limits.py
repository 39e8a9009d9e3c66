"""The settings that say how often things may be done."""

import re
from enum import Enum
from typing import Final

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class RateStore(Enum):
    """Where it is counted how often things are done."""

    MEMORY = "memory"
    DATABASE = "database"
    OFF = "off"


_RATE: Final = re.compile(r"[1-9]\d{0,6}/([1-9]\d{0,2})?[smh]", re.ASCII)


class RateSettings(BaseSettings):
    """Rate limits."""

    rate_limits: RateStore | None = Field(
        None,
        description="Where it is counted how often people sign in and the like: `memory` of each process, "
        "`database` for all together, or `off`. In production by default `memory` with one worker, else "
        "`database`; outside it `off`.",
    )
    rate_anonymous: str = Field(
        "60/m",
        description="Points that an address gets without signing in, as `60/m`, `10/h` or `30/5m`. An "
        "operation takes one, and one more for each 2,000 of its cost.",
    )
    rate_user: str = Field("600/m", description="Points that an account gets.")
    rate_token: str = Field("300/m", description="Points that one API token may take of its account's.")
    rate_sign_in: str = Field("60/m", description="Sign-ins that an address may try.")
    rate_account_sign_in: str = Field("10/m", description="Sign-ins to one account that an address may try.")
    rate_register: str = Field("10/h", description="Accounts that an address may ask for.")
    rate_password_reset: str = Field("20/h", description="Requests and resets of passwords by an address.")
    rate_email_verification: str = Field(
        "30/h", description="Requests and confirmations about addresses of mail."
    )
    rate_refresh: str = Field("30/5m", description="Refreshes by an address, and also of one session.")
    rate_invitation: str = Field("60/h", description="Invitations that an account may send.")
    rate_data_export: str = Field("5/24h", description="Copies of their data that a person may ask for.")
    rate_account_deletion: str = Field(
        "10/24h", description="How often a person may ask for the deletion of their account."
    )

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
        "rate_account_deletion",
    )
    @classmethod
    def _a_rate(cls, value: str) -> str:
        if not _RATE.fullmatch(value):
            raise ValueError("write a number and a time in s, m or h, as 60/m, 10/h or 30/5m")
        return value
