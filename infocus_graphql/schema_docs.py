"""Writes docs/schema.md, the description of the database, from the tables themselves."""

import argparse
import difflib
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import CheckConstraint, Column, Enum, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import DefaultClause
from sqlalchemy.sql.elements import ClauseElement

from infocus_graphql.db.base import Base
from infocus_graphql.tables import metadata

SCHEMA_FILE = Path(__file__).resolve().parents[1] / "docs" / "schema.md"
COMMAND = "python -m infocus_graphql.schema_docs"
HINT_LINES = 40

INTRO = f"""\
# The database

<!-- Written by `{COMMAND}` from the models; changes by hand are lost. -->

Everything InFocus knows is kept in PostgreSQL, in the tables below. The database itself keeps their
rules (what is unique, what is in range, what goes when something is deleted), so that two requests
at the same moment can't break them. A client that meets a rule gets the code that stands beside it.

- **Ids** are made by the application: two letters that tell the type, then 25 letters and digits
  that sort by time of making. They are compared byte by byte (`COLLATE "C"`).
- **Times** are instants (`timestamptz`).
- **Private** columns are read only through fields that ask who is looking; **secret** ones (hashes)
  by no field at all.
- **Unique rules** and primary keys bring an index of their own, not listed again under "Indexes".
"""

ON_DELETE = {
    "CASCADE": "goes when that is deleted",
    "SET NULL": "emptied when that is deleted",
    "RESTRICT": "keeps that from being deleted",
}

MARKS = {
    "touched": "time of the last change, kept by a trigger",
    "private": "**private**: not everybody who sees the row may read it",
    "secret": "**secret**: never leaves the server",
}

# Conditions of checks, and how they read.
CHECK_WORDS = (
    (r"char_length\((\w+)\) BETWEEN 0 AND (\d+)", r"`\1` has at most \2 characters"),
    (r"char_length\((\w+)\) BETWEEN (\d+) AND (\d+)", r"`\1` has \2 to \3 characters"),
    (r"(\w+) BETWEEN (\d+) AND (\d+)", r"`\1` is from \2 to \3"),
    (r"(\w+) > (\d+)", r"`\1` is greater than \2"),
    (r"(\w+) <> (\w+)", r"`\1` differs from `\2`"),
)

SHORT_TYPES = {"TIMESTAMP WITH TIME ZONE": "timestamptz", "DOUBLE PRECISION": "float8"}
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
UniqueRule = UniqueConstraint | Index
T = TypeVar("T", UniqueRule, CheckConstraint, Index)


def schema_markdown(described: MetaData) -> str:
    """The description of all tables of `described`, as Markdown."""
    tables = described.sorted_tables
    documents = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    parts = [INTRO, _counts(tables), _diagram(tables), _enums(tables), "## Entities\n"]
    for table in tables:
        parts.append(_entity(table, documents.get(table)))
    return "\n".join(parts)


def _counts(tables: Sequence[Table]) -> str:
    unique = sum(len(_unique_rules(table)) for table in tables)
    indexes = sum(len(_indexes(table)) for table in tables)
    rows = (
        ("Entities", len(tables)),
        ("Columns", sum(len(table.columns) for table in tables)),
        ("Relations (foreign keys)", sum(len(table.foreign_keys) for table in tables)),
        ("Unique rules", unique),
        ("Checks", sum(len(_checks(table)) for table in tables)),
        ("Indexes", indexes),
        ("Indexes with those of primary keys and unique rules", indexes + unique + len(tables)),
        ("Enums", len(_enum_types(tables))),
        ("Triggers", sum(len(_triggers(table)) for table in tables)),
    )
    return _table(("What", "How many"), rows)


def _diagram(tables: Iterable[Table]) -> str:
    lines = ["## Diagram\n", "```mermaid", "erDiagram"]
    for table in tables:
        lines.append(f"    {table.name} {{")
        for column in table.columns:
            kind = _type(column).partition(" ")[0]
            lines.append(f"        {kind} {column.name} {', '.join(_keys(column))}".rstrip())
        lines.append("    }")
    for table in tables:
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            one = "|o" if key.parent.nullable else "||"
            many = "o|" if _is_unique(key.parent) else "o{"
            role = key.parent.name.removesuffix("_id")
            lines.append(f'    {key.column.table.name} {one}--{many} {table.name} : "{role}"')
    return "\n".join([*lines, "```\n"])


def _enums(tables: Iterable[Table]) -> str:
    rows = []
    for name, kind in sorted(_enum_types(tables).items()):
        rows.append((f"`{name}`", _listed(kind.enums), _first_line(kind.enum_class)))
    return "## Enums\n\n" + _table(("Name", "Labels", "What it tells"), rows)


def _entity(table: Table, document: type | None) -> str:
    title = document.__name__ if document else table.name
    parts = [f"### {title}\n", f"Table `{table.name}`. {_first_line(document)}".rstrip() + "\n"]
    rows = [
        (
            f"`{column.name}`",
            f"`{_type(column)}`",
            "yes" if column.nullable else "no",
            _default(column),
            "; ".join(_meaning(column)),
        )
        for column in table.columns
    ]
    parts.append(_table(("Column", "Type", "Null", "Default", "Meaning"), rows))
    parts += _bullets("Unique", (_unique_words(rule) for rule in _unique_rules(table)))
    parts += _bullets("Checks", (_check_words(check) for check in _checks(table)))
    parts += _bullets("Indexes", (_index_words(index) for index in _indexes(table)))
    parts += _bullets("Triggers", _triggers(table))
    return "\n".join(parts)


def _triggers(table: Table) -> list[str]:
    declared = table.info.get("triggers", {})
    return [
        *(f"`touch_{name}`: a change of the row sets `{name}`" for name in _touched(table)),
        *(f"`{name}`: {words}" for name, words in declared.items()),
    ]


def _type(column: Column[object]) -> str:
    kind, collate, collation = column.type.compile(dialect=DIALECT).partition(" COLLATE ")
    return SHORT_TYPES.get(kind, kind.lower()) + collate + collation


def _keys(column: Column[object]) -> Iterator[str]:
    if column.primary_key:
        yield "PK"
    if column.foreign_keys:
        yield "FK"
    if _is_unique(column):
        yield "UK"


def _is_unique(column: Column[object]) -> bool:
    """Whether no two rows share a value of the column, be it without regard to case."""
    alone = ([column.name], [f"lower({column.name})"])
    rules = (rule for rule in _unique_rules(column.table) if _where(rule) is None)
    return any(_columns(rule) in alone for rule in rules)


def _default(column: Column[object]) -> str:
    if not isinstance(column.server_default, DefaultClause):
        return "by the application" if column.default is not None else ""
    value = column.server_default.arg
    return f"`'{value}'`" if isinstance(value, str) else f"`{_sql(value)}`"


def _meaning(column: Column[object]) -> Iterator[str]:
    if column.primary_key:
        tag = column.info.get("tag")
        yield f"primary key, begins with `{tag}`" if tag else "primary key"
    for key in column.foreign_keys:
        fate = ON_DELETE.get(key.ondelete or "", "which must exist")
        yield f"refers to `{key.column.table.name}`, {fate}"
    if isinstance(column.type, Enum):
        yield f"one of {_listed(column.type.enums)}"
    if column.computed is not None:
        yield f"computed: `{column.computed.sqltext}`"
    for mark, words in MARKS.items():
        if column.info.get(mark):
            yield words


def _unique_words(rule: UniqueRule) -> str:
    condition = _where(rule)
    among = "" if condition is None else f" among the rows with `{_sql(condition)}`"
    each = " and ".join(f"`{name}`" for name in _columns(rule))
    return f"`{rule.name}`: one row per {each}{among}{_refusal(rule)}"


def _check_words(check: CheckConstraint) -> str:
    condition = _sql(check.sqltext)
    words = f"`{condition}`"
    for pattern, replacement in CHECK_WORDS:
        if match := re.fullmatch(pattern, condition):
            words = match.expand(replacement)
            break
    return f"`{check.name}`: {words}{_refusal(check)}"


def _index_words(index: Index) -> str:
    columns = [f"`{_sql(part)}`" for part in index.expressions]
    condition = _where(index)
    among = "" if condition is None else f" of the rows with `{_sql(condition)}`"
    if index.dialect_options["postgresql"]["using"] == "gin":
        return f"`{index.name}`: what {', '.join(columns)} contains (GIN){among}"
    return f"`{index.name}`: by {', then '.join(columns)}{among}"


def _refusal(rule: UniqueRule | CheckConstraint) -> str:
    code = rule.info.get("refusal")
    return f" (else `{code.value}`)" if code else ""


def _unique_rules(table: Table) -> list[UniqueRule]:
    indexes = (index for index in table.indexes if index.unique)
    constraints = (rule for rule in table.constraints if isinstance(rule, UniqueConstraint))
    return _by_name([*constraints, *indexes])


def _checks(table: Table) -> list[CheckConstraint]:
    return _by_name(rule for rule in table.constraints if isinstance(rule, CheckConstraint))


def _indexes(table: Table) -> list[Index]:
    return _by_name(index for index in table.indexes if not index.unique)


def _by_name(items: Iterable[T]) -> list[T]:
    return sorted(items, key=lambda item: str(item.name))


def _touched(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.info.get("touched")]


def _enum_types(tables: Iterable[Table]) -> dict[str, Enum]:
    kinds = [column.type for table in tables for column in table.columns]
    return {str(kind.name): kind for kind in kinds if isinstance(kind, Enum)}


def _columns(rule: UniqueRule) -> list[str]:
    return [_sql(part) for part in (rule.expressions if isinstance(rule, Index) else rule.columns)]


def _where(rule: UniqueRule) -> ClauseElement | None:
    return rule.dialect_options["postgresql"]["where"] if isinstance(rule, Index) else None


def _sql(part: str | ClauseElement) -> str:
    if isinstance(part, str):
        return part
    options = {"literal_binds": True, "include_table": False}
    return str(part.compile(dialect=DIALECT, compile_kwargs=options))


def _first_line(document: type | None) -> str:
    return (inspect.getdoc(document) or "").partition("\n")[0] if document else ""


def _listed(labels: Iterable[object]) -> str:
    return ", ".join(f"`{label}`" for label in labels)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _bullets(title: str, lines: Iterable[str]) -> list[str]:
    items = [f"- {line}" for line in lines]
    return ["\n".join([f"{title}:\n", *items, ""])] if items else []


def main(arguments: Sequence[str] | None = None, path: Path = SCHEMA_FILE) -> int:
    """Writes the file, or with `--check` compares it; the exit code is 1 when it has drifted."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Describes the database.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    options = parser.parse_args(arguments)
    wanted = schema_markdown(metadata)
    if not options.check:
        path.write_text(wanted, encoding="utf-8")
        return 0
    found = path.read_text(encoding="utf-8") if path.exists() else ""
    if found == wanted:
        return 0
    before, after = found.splitlines(), wanted.splitlines()
    diff = difflib.unified_diff(before, after, path.name, "the models", lineterm="", n=1)
    hint = [*islice(diff, HINT_LINES), "", f"{path} has drifted; write it anew: {COMMAND}", ""]
    sys.stdout.write("\n".join(hint))
    return 1


if __name__ == "__main__":
    sys.exit(main())
