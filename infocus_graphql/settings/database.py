"""The settings of the database: where it is, and how long its clients wait."""

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
        description="PostgreSQL 15 or newer, as `postgresql://user:password@host/database`. "
        "Without it an embedded PostgreSQL is started (never in production).",
    )
    migration_database_url: SecretStr | None = Field(
        None,
        description="The same database as the role that owns its tables, for `infocus db`; the role of "
        "INFOCUS_DATABASE_URL is then granted only what serving needs. By default one role does both.",
    )
    data_dir: Path = Field(
        Path(".infocus"), description="Where the embedded PostgreSQL and the development key live."
    )
    pg_bin: Path | None = Field(
        None, description="A folder with PostgreSQL's programs, for the embedded server."
    )
    pool_size: int = Field(
        10,
        ge=1,
        le=100,
        description="Connections of a worker for planned reads; other reads, hot changes and transactions "
        "have half each.",
    )
    pool_timeout_seconds: float = Field(3, gt=0, le=60, description="Longest wait for a connection.")
    statement_timeout_ms: int = Field(
        4000, ge=1, le=1000 * _HOUR, description="Longest time of one SQL statement."
    )
    lock_timeout_ms: int = Field(2000, ge=1, le=1000 * _HOUR, description="Longest wait for a lock.")

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _a_postgresql_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value():
            return None
        if value is not None:
            try:
                parts = urlsplit(value.get_secret_value())
                _ = parts.port  # raises ValueError when it is no number of a port
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
            raise ValueError(f"{place} is a file; name a folder, which is made if it is missing")
        return value
