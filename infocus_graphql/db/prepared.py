"""Statements that SQLAlchemy compiles once, for repeated execution on asyncpg connections."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql import asyncpg

from infocus_graphql.db.sql_types import Parameters, SqlValue

Query: TypeAlias = tuple[str, Sequence[SqlValue]]

_DIALECT: Any = asyncpg.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy


@dataclass(frozen=True, slots=True)
class CompiledStatement:
    """The SQL text, and the source of each parameter: a named value of the request, or a constant."""

    text: str
    parameters: tuple[tuple[str, SqlValue, Callable[[SqlValue], SqlValue] | None], ...]

    def query(self, values: Parameters) -> Query:
        """The SQL text with the parameter values of one request."""
        found = []
        for name, constant, process in self.parameters:
            if name in values:
                value = values[name]
                found.append(process(value) if process is not None else value)
            else:
                found.append(constant)
        return self.text, found


def compiled_statement(statement: Executable) -> CompiledStatement:
    """Compiles a statement; `CompiledStatement.query` binds its parameters by name."""
    compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]  # all statements have it
    processors, constants = compiled._bind_processors, compiled.params  # as SQLAlchemy's engine does
    parameters = []
    for name in compiled.positiontup:
        process, constant = processors.get(name), constants[name]
        if process is not None and constant is not None:
            constant = process(constant)
        parameters.append((name, constant, process))
    return CompiledStatement(str(compiled), tuple(parameters))
