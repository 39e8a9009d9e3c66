"""Translates constraint violations into refusals, as declared with the tables."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy.exc import IntegrityError

from infocus_graphql.core.errors import ErrorCode, Refused, refused
from infocus_graphql.db.base import Base
from infocus_graphql.db.sql_types import SqlValue

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
    """The refusal that the violated constraint declares; `error` itself if it declares none."""
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
    """The error code and input path that each constraint declares, by constraint name."""
    return {name: (info["refusal"], info["path"]) for name, info in _declared()}


@cache
def declared_messages() -> dict[str, str]:
    """The message that each constraint declares, by constraint name."""
    return {name: info["message"] for name, info in _declared() if info.get("message")}


def _declared() -> Iterator[tuple[str, dict[str, Any]]]:
    """Constraints, indexes and constraint-like triggers that declare a refusal, by name."""
    for table in Base.metadata.tables.values():
        rules: list[SqlValue] = [*table.constraints, *table.indexes]
        for rule in rules:
            if "refusal" in rule.info:
                yield str(rule.name), rule.info
        yield from table.info.get("refusals", {}).items()


def _broken_reference(statement: str) -> Refused:
    # The server's message for the two cases depends on its locale. The statement doesn't: primary keys never
    # change, so only a DELETE can leave dangling references.
    if statement.lstrip().upper().startswith("DELETE"):
        return refused(ErrorCode.IN_USE, "Other objects refer to this, so it can't be deleted.")
    return refused(ErrorCode.NOT_FOUND, "An object that this refers to no longer exists.")
