"""What a violated constraint means to a client, read from the declarations of the tables."""

from functools import cache
from typing import Any

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy.exc import IntegrityError

from infocus_graphql.core.errors import ErrorCode, Refused, refused
from infocus_graphql.db.base import Base

_FOREIGN_KEY = {"23503", "23001"}  # foreign_key_violation, restrict_violation

_MESSAGES = {
    ErrorCode.REQUIRED: "A value is needed here.",
    ErrorCode.ALREADY_EXISTS: "That exists already.",
    ErrorCode.OUT_OF_RANGE: "That is out of range.",
    ErrorCode.TOO_LONG: "That is too long or too short.",
    ErrorCode.NOT_ALLOWED: "That is not allowed.",
    ErrorCode.INVALID: "That is not valid.",
}


def refusal_of(error: IntegrityError | IntegrityConstraintViolationError, statement: str) -> Exception:
    """The refusal that a violated constraint declares, or `error` itself for one that declares none."""
    cause: Any = getattr(error, "orig", error)
    cause = getattr(cause, "__cause__", None) or cause
    if getattr(cause, "sqlstate", None) in _FOREIGN_KEY:
        return _broken_reference(statement)
    declared = declared_meanings().get(getattr(cause, "constraint_name", None) or "")
    if declared is None:
        return error
    code, path = declared
    return refused(code, _MESSAGES[code], *path)


@cache
def declared_meanings() -> dict[str, tuple[ErrorCode, tuple[str, ...]]]:
    """The code and the path of the input field that each constraint declares, by its name."""
    rules: list[Any] = []
    for table in Base.metadata.tables.values():
        rules += [*table.constraints, *table.indexes]
    return {
        str(rule.name): (rule.info["refusal"], rule.info["path"]) for rule in rules if "refusal" in rule.info
    }


def _broken_reference(statement: str) -> Refused:
    # The server's words for the two cases depend on its language, the statement doesn't: primary keys
    # never change, so only a DELETE can leave something behind that refers to nothing.
    if statement.lstrip().upper().startswith("DELETE"):
        return refused(ErrorCode.IN_USE, "That is still referred to and can't be deleted.")
    return refused(ErrorCode.NOT_FOUND, "Something that this refers to is no longer there.")
