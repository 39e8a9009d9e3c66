"""What a violated constraint means to a client, read from the declarations of the tables."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy.exc import IntegrityError

from infocus_graphql.core.errors import ErrorCode, Refused, refused
from infocus_graphql.db.base import Base

_FOREIGN_KEY = {"23503", "23001"}  # foreign_key_violation, restrict_violation

_MESSAGES = {
    ErrorCode.REQUIRED: "A value is missing.",
    ErrorCode.ALREADY_EXISTS: "This exists already.",
    ErrorCode.OUT_OF_RANGE: "A number is out of range.",
    ErrorCode.TOO_LONG: "A text or a list is too long or too short.",
    ErrorCode.FORBIDDEN: "This is not allowed.",
    ErrorCode.INVALID: "A value is not valid.",
}


def error_for_constraint(
    error: IntegrityError | IntegrityConstraintViolationError, statement: str
) -> Exception:
    """The refusal that a violated constraint declares, or `error` itself for one that declares none."""
    cause: Any = getattr(error, "orig", error)
    cause = getattr(cause, "__cause__", None) or cause
    if getattr(cause, "sqlstate", None) in _FOREIGN_KEY:
        return _broken_reference(statement)
    declared = declared_meanings().get(getattr(cause, "constraint_name", None) or "")
    if declared is None:
        return error
    code, path = declared
    return refused(code, declared_messages().get(cause.constraint_name) or _MESSAGES[code], *path)


@cache
def declared_meanings() -> dict[str, tuple[ErrorCode, tuple[str, ...]]]:
    """The code and the path of the input field that each constraint declares, by its name."""
    return {name: (info["refusal"], info["path"]) for name, info in _declared()}


@cache
def declared_messages() -> dict[str, str]:
    """The sentence that each constraint declares for its violation, by its name."""
    return {name: info["message"] for name, info in _declared() if info.get("message")}


def _declared() -> Iterator[tuple[str, dict[str, Any]]]:
    """The names of constraints and indexes, and of triggers that raise an error as a constraint does."""
    for table in Base.metadata.tables.values():
        rules: list[Any] = [*table.constraints, *table.indexes]
        for rule in rules:
            if "refusal" in rule.info:
                yield str(rule.name), rule.info
        yield from table.info.get("refusals", {}).items()


def _broken_reference(statement: str) -> Refused:
    # The server's words for the two cases depend on its language, the statement doesn't: primary keys
    # never change, so only a DELETE can leave something behind that refers to nothing.
    if statement.lstrip().upper().startswith("DELETE"):
        return refused(ErrorCode.IN_USE, "Other objects refer to this, so it can't be deleted.")
    return refused(ErrorCode.NOT_FOUND, "An object that this refers to does not exist any more.")
