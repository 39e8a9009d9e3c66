"""The settings that say how often things may be done."""

from enum import Enum
from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings


class RateStore(Enum):
    """Where it is counted how often things are done."""

    MEMORY = "memory"
    DATABASE = "database"
    OFF = "off"


_RATE: Final = r"^[1-9]\d{0,6}/\d{0,3}[smh]$"


class RateSettings(BaseSettings):
    """A part of `Settings`."""

    rate_limits: RateStore | None = Field(
        None,
        description="Where it is counted how often people sign in and the like: `memory` of each process, "
        "`database` for all together, or `off`. In production by default `memory` with one worker, else "
        "`database`; outside it `off`.",
    )
    rate_anonymous: str = Field(
        "60/m",
        pattern=_RATE,
        description="Points that an address gets without signing in, as `60/m`, `10/h` or `30/5m`. An "
        "operation takes one, and one more for each 100 of its cost.",
    )
    rate_user: str = Field("600/m", pattern=_RATE, description="Points that an account gets.")
    rate_token: str = Field(
        "300/m", pattern=_RATE, description="Points that one API token may take of its account's."
    )
    rate_sign_in: str = Field("60/m", pattern=_RATE, description="Sign-ins that an address may try.")
    rate_account_sign_in: str = Field(
        "10/m", pattern=_RATE, description="Sign-ins to one account that an address may try."
    )
    rate_register: str = Field("10/h", pattern=_RATE, description="Accounts that an address may ask for.")
    rate_password_reset: str = Field(
        "20/h", pattern=_RATE, description="Requests and resets of passwords by an address."
    )
    rate_email_verification: str = Field(
        "30/h", pattern=_RATE, description="Requests and confirmations about addresses of mail."
    )
    rate_refresh: str = Field(
        "30/5m", pattern=_RATE, description="Refreshes by an address, and also of one session."
    )
    rate_invitation: str = Field("60/h", pattern=_RATE, description="Invitations that an account may send.")
    rate_data_export: str = Field(
        "5/24h", pattern=_RATE, description="Copies of their data that a person may ask for."
    )
    rate_account_deletion: str = Field(
        "10/24h", pattern=_RATE, description="How often a person may ask for the deletion of their account."
    )
