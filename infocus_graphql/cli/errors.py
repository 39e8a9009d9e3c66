"""Errors of commands, formatted as one sentence for the terminal."""

_HINT = "Run it again with --debug for a traceback."


class CliError(Exception):
    """An error that the user can fix; the message says what is wrong and how to fix it."""


def describe_error(error: Exception) -> str:
    """The error in one or two sentences, without secrets or a traceback."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        from infocus_graphql.settings import Settings
        from infocus_graphql.settings.errors import problems_of

        return "\n".join(f"Settings: {words}" for words in problems_of(error, Settings.model_fields))
    if isinstance(error, _readable_errors()):
        return str(error)
    database = _database_error(error)
    return database or f"Unexpected error ({type(error).__name__}: {error}). {_HINT}"


def _readable_errors() -> tuple[type[Exception], ...]:
    """The exceptions whose messages are written for users."""
    from alembic.util import CommandError

    from infocus_graphql.core.errors import Refused
    from infocus_graphql.db.migrations import UnknownRevision
    from infocus_graphql.settings.errors import UnusableSetting
    from infocus_graphql.tmdb.errors import TmdbError

    kinds: list[type[Exception]] = [
        CliError,
        CommandError,
        Refused,
        TmdbError,
        UnknownRevision,
        UnusableSetting,
    ]
    try:
        from infocus_graphql.db.embedded import EmbeddedPostgresError
    except ImportError:  # a system without POSIX file locks has no embedded database
        return tuple(kinds)
    return (*kinds, EmbeddedPostgresError)


def _database_error(error: Exception) -> str | None:
    import asyncpg
    from sqlalchemy.exc import DBAPIError

    cause = getattr(error, "orig", None) if isinstance(error, DBAPIError) else error
    # SQLAlchemy wraps its own translation of the driver's error around the original.
    cause = getattr(cause, "__cause__", None) or cause
    if isinstance(cause, asyncpg.PostgresError):
        return f"The database reported an error: {cause.args[0] if cause.args else cause}."
    if isinstance(cause, OSError | TimeoutError):
        return f"The database can't be reached ({_reason(cause)}). Is it running, and is its URL correct?"
    return None


def _reason(error: OSError) -> str:
    """Why a connection failed."""
    from socket import gaierror

    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, gaierror):
        return "its host name can't be resolved"
    return error.strerror or str(error)
