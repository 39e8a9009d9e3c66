"""What a violated constraint means to a client, read from the declarations of the tables."""

from functools import cache
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from infocus_graphql.core.errors import ErrorCode, Refused, refused
from infocus_graphql.db.base import Base

_FOREIGN_KEY = {"23503", "23001"}  # foreign_key_violation, restrict_violation

_MESSAGES = {
    ErrorCode.ALREADY_EXISTS: "That exists already.",
    ErrorCode.OUT_OF_RANGE: "That is out of range.",
    ErrorCode.TOO_LONG: "That is too long or too short.",
    ErrorCode.NOT_ALLOWED: "That is not allowed.",
    ErrorCode.INVALID: "That is not valid.",
}


def refusal_of(error: IntegrityError) -> Exception:
    """The refusal that a violated constraint declares, or `error` itself for one that declares none."""
    cause: Any = getattr(error.orig, "__cause__", None) or error.orig
    if getattr(cause, "sqlstate", None) in _FOREIGN_KEY:
        if "update or delete on table" in str(cause):
            return refused(ErrorCode.IN_USE, "That is still referred to and can't be deleted.")
        return refused(ErrorCode.NOT_FOUND, "Something that this refers to is no longer there.")
    declared = _declared().get(getattr(cause, "constraint_name", None) or "")
    return error if declared is None else declared_refusal(*declared)


def declared_refusal(code: ErrorCode, path: tuple[str, ...]) -> Refused:
    """A refusal with the standard words of its code."""
    return refused(code, _MESSAGES[code], *path)


@cache
def _declared() -> dict[str, tuple[ErrorCode, tuple[str, ...]]]:
    found = {}
    for table in Base.metadata.tables.values():
        for rule in (*table.constraints, *table.indexes):
            if isinstance(rule, CheckConstraint | UniqueConstraint | Index) and "refusal" in rule.info:
                found[_name(rule)] = (rule.info["refusal"], rule.info["path"])
    return found


def _name(rule: Any) -> str:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import conv

    name = rule.name
    return str(name if isinstance(name, conv) else postgresql.dialect().identifier_preparer.format_constraint(rule))
