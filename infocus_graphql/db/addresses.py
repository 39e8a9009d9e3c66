"""Addresses of databases, in all the spellings that people use."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from infocus_graphql.settings.errors import UnusableSetting

_PARAMETERS = {"host", "port", "ssl", "target_session_attrs", "prepared_statement_cache_size"}
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def normalise_url(url: str) -> URL:
    """The URL with the asyncpg driver, from any of the usual spellings of a PostgreSQL URL.

    Raises UnusableSetting, in words that never contain the URL itself, which holds a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UnusableSetting(
            "INFOCUS_DATABASE_URL can't be read: write postgresql://user:password@host:port/database, "
            "with percent-encoding for special characters in the password."
        ) from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise UnusableSetting("INFOCUS_DATABASE_URL must begin with postgresql://")
    return parsed.set(drivername="postgresql+asyncpg", query=_parameters(parsed.query))


def _parameters(query: Mapping[str, Any]) -> dict[str, Any]:
    """The URL's parameters as asyncpg calls them; `sslmode` is libpq's word for its `ssl`."""
    found = dict(query)
    if "sslmode" in found:
        found["ssl"] = found.pop("sslmode")
    unknown = sorted(set(found) - _PARAMETERS)
    if unknown:
        known = ", ".join(sorted({"sslmode", *_PARAMETERS} - {"ssl"}))
        raise UnusableSetting(
            f"INFOCUS_DATABASE_URL has the parameter {unknown[0]!r}, which is not supported; "
            f"known are {known}."
        )
    if found.get("ssl", "prefer") not in _SSL_MODES:
        raise UnusableSetting(f"The sslmode in INFOCUS_DATABASE_URL must be one of {', '.join(_SSL_MODES)}.")
    return found
