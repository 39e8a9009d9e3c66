"""Database settings: connection, pool sizes and timeouts."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

_SCHEME: Final = re.compile(r"postgres(ql)?(\+\w+)?")
_HOUR: Final = 3600


class DatabaseSettings(BaseSettings):
    """Database."""

    database_url: SecretStr | None = Field(
        None,
        description="URL of a PostgreSQL database (15 or newer): `postgresql://user:password@host/database`. "
        "If not set, an embedded PostgreSQL is started (extra `embedded`). Required in production.",
    )
    migration_database_url: SecretStr | None = Field(
        None,
        description="URL of the same database for the role that owns the tables, used by `infocus db`. "
        "The role of INFOCUS_DATABASE_URL then gets only the privileges that serving requires. "
        "Default: INFOCUS_DATABASE_URL.",
    )
    data_dir: Path = Field(
        Path(".infocus"), description="Directory of the embedded PostgreSQL and the development signing key."
    )
    pg_bin: Path | None = Field(
        None, description="Directory with PostgreSQL's programs, for the embedded server."
    )
    pool_size: int = Field(
        10,
        ge=1,
        le=100,
        description="Database connections of each worker for planned reads. Other reads, single-statement "
        "changes and transactions have half as many each.",
    )
    pool_timeout_seconds: float = Field(
        3, gt=0, le=60, description="Maximum wait for a connection from the pool."
    )
    statement_timeout_ms: int = Field(4000, ge=1, le=1000 * _HOUR, description="Timeout of an SQL statement.")
    lock_timeout_ms: int = Field(2000, ge=1, le=1000 * _HOUR, description="Maximum wait for a database lock.")

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _a_postgresql_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value():
            return None
        if value is not None:
            try:
                parts = urlsplit(value.get_secret_value())
                _ = parts.port  # raises ValueError if the port is invalid
                right = _SCHEME.fullmatch(parts.scheme) and "://" in value.get_secret_value()
            except ValueError:
                right = None
            if not right:
                raise ValueError(
                    "write it as postgresql://user:password@host:port/database, with percent-encoding for "
                    "special characters in the password"
                )
        return value

    @field_validator("data_dir")
    @classmethod
    def _no_file(cls, value: Path) -> Path:
        place = value
        while not place.exists() and place != place.parent:
            place = place.parent
        if not place.is_dir():
            raise ValueError(f"{place} is a file; name a directory, which is created if it is missing")
        return value
