"""Settings of the catalogue's source, TMDB."""

from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

TMDB_URL: Final = "https://api.themoviedb.org/3"
EXPORTS_URL: Final = "https://files.tmdb.org/p/exports"


class TmdbSettings(BaseSettings):
    """TMDB."""

    tmdb_key: SecretStr | None = Field(
        None,
        description="Key for the API of themoviedb.org: a read access token (version 4), or a version 3 key.",
    )
    tmdb_url: str = Field(TMDB_URL, description="Base URL of the TMDB API.")
    tmdb_exports_url: str = Field(EXPORTS_URL, description="Base URL of TMDB's daily exports of all ids.")
    tmdb_requests_per_second: int = Field(
        30,
        ge=1,
        le=1000,
        description="Requests to TMDB per second, of all processes together. TMDB allows about 40.",
    )

    @field_validator("tmdb_key")
    @classmethod
    def _one_line(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value is not None else ""
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("write the key without blanks, as themoviedb.org shows it")
        return value

    @field_validator("tmdb_url", "tmdb_exports_url")
    @classmethod
    def _a_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"write a URL such as {TMDB_URL}")
        return value.rstrip("/")
