"""What goes wrong on the command line, as one plain sentence for the person at the terminal."""

_HINT = "Run it again with --debug to see where."


class CliError(Exception):
    """Something the person can see to; the text says what is wrong and what helps."""


def describe_error(error: Exception) -> str:
    """The error in one or two sentences, without secrets and without a traceback."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        from infocus_graphql.settings import Settings
        from infocus_graphql.settings.errors import problems_of

        return "\n".join(f"Settings: {words}" for words in problems_of(error, Settings.model_fields))
    if isinstance(error, _speaking()):
        return str(error)
    database = _database_in_words(error)
    return database or f"Something unexpected happened ({type(error).__name__}: {error}). {_HINT}"


def _speaking() -> tuple[type[Exception], ...]:
    """The exceptions whose texts are meant for people."""
    from alembic.util import CommandError

    from infocus_graphql.core.errors import Refused
    from infocus_graphql.db.migrations import UnknownRevision
    from infocus_graphql.settings.errors import UnusableSetting

    kinds: list[type[Exception]] = [CliError, CommandError, Refused, UnknownRevision, UnusableSetting]
    try:
        from infocus_graphql.db.embedded import EmbeddedPostgresError
    except ImportError:  # a system without POSIX file locks has no embedded database
        return tuple(kinds)
    return (*kinds, EmbeddedPostgresError)


def _database_in_words(error: Exception) -> str | None:
    import asyncpg
    from sqlalchemy.exc import DBAPIError

    cause = getattr(error, "orig", None) if isinstance(error, DBAPIError) else error
    # The driver's error hides behind SQLAlchemy's own translation of it.
    cause = getattr(cause, "__cause__", None) or cause
    if isinstance(cause, asyncpg.PostgresError):
        return f"The database refuses: {cause.args[0] if cause.args else cause}."
    if isinstance(cause, OSError | TimeoutError):
        return f"The database can't be reached ({_reason(cause)}). Is it running, and is its address right?"
    return None


def _reason(error: OSError) -> str:
    """Why a connection could not be made."""
    from socket import gaierror

    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, gaierror):
        return "its host name can't be resolved"
    return error.strerror or str(error)
