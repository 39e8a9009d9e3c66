"""Normalises database URLs."""

from collections.abc import Mapping, Sequence

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from infocus_graphql.settings.errors import UnusableSetting

_PARAMETERS = {"host", "port", "ssl", "target_session_attrs", "prepared_statement_cache_size"}
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def normalise_url(url: str) -> URL:
    """Parses any common form of a PostgreSQL URL and sets the asyncpg driver.

    Raises UnusableSetting with a message that never contains the URL, which has a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UnusableSetting(
            "INFOCUS_DATABASE_URL is malformed: write postgresql://user:password@host:port/database, "
            "with percent-encoding for special characters in the password."
        ) from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise UnusableSetting("INFOCUS_DATABASE_URL must start with postgresql://")
    return parsed.set(drivername="postgresql+asyncpg", query=_parameters(parsed.query))


def _parameters(query: Mapping[str, str | Sequence[str]]) -> dict[str, str | Sequence[str]]:
    """The query parameters with asyncpg's names: libpq's `sslmode` becomes `ssl`."""
    found = dict(query)
    if "sslmode" in found:
        found["ssl"] = found.pop("sslmode")
    unknown = sorted(set(found) - _PARAMETERS)
    if unknown:
        known = ", ".join(sorted({"sslmode", *_PARAMETERS} - {"ssl"}))
        raise UnusableSetting(
            f"INFOCUS_DATABASE_URL has the unsupported parameter {unknown[0]!r}; supported are {known}."
        )
    if found.get("ssl", "prefer") not in _SSL_MODES:
        raise UnusableSetting(f"The sslmode in INFOCUS_DATABASE_URL must be one of {', '.join(_SSL_MODES)}.")
    return found
