"""Statements that write many rows at once. Rows that are stored already with the same values stay untouched.

The rows are one JSON parameter. For certifications:

    WITH incoming AS MATERIALIZED (SELECT * FROM jsonb_to_recordset($1) AS r (country text, label text, …))
    INSERT INTO media_certifications AS stored (…) SELECT … FROM incoming
    WHERE NOT EXISTS (SELECT FROM media_certifications AS old WHERE …same key, same values…)
    ON CONFLICT (media_item_id, country) DO UPDATE SET label = excluded.label, …
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson
from sqlalchemy import ARRAY, Text, TextClause, any_, bindparam, literal, text
from sqlalchemy.dialects import postgresql

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.db.base import Base
from infocus_graphql.db.database import AnyResult, UnitOfWork
from infocus_graphql.db.sql_types import SqlExpression

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no annotation


@dataclass(frozen=True, slots=True)
class Target:
    """A table to write to: the columns that identify a row, and those that are compared and updated.

    Columns in `once` are only written when a row is inserted, such as ids.
    """

    model: type[Base]
    key: tuple[str, ...]
    values: tuple[str, ...]
    once: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The name of the table."""
        return str(self.model.__tablename__)

    @property
    def columns(self) -> tuple[str, ...]:
        """All written columns."""
        return (*self.once, *self.key, *self.values)


async def run(work: UnitOfWork, statement: TextClause, rows: Sequence[JsonObject], **more: Any) -> AnyResult:
    """Runs a statement with these rows as its parameter `rows`."""
    parameters = {"rows": orjson.dumps(rows).decode(), **more}
    connection = await work.session.connection()
    return await connection.execute(statement, parameters)


def among(values: Iterable[object], kind: type[Any]) -> SqlExpression:
    """The right side of `column == among(…)`; one array parameter, however many values there are."""
    return any_(literal(list(values), ARRAY(kind)))


async def upsert(work: UnitOfWork, target: Target, rows: Sequence[JsonObject]) -> None:
    """Inserts new rows, and updates those that differ."""
    if rows:
        await run(work, _upsert(target), rows)


async def replace_lists(
    work: UnitOfWork, target: Target, owners: Sequence[str], rows: Sequence[JsonObject], *, only: str = "true"
) -> None:
    """Makes the rows of the titles `owners` equal to `rows`, if they meet the condition `only`."""
    if owners:
        await run(work, _replace(target, only), rows, owners=list(owners))


async def ids_by_tmdb_id(work: UnitOfWork, target: Target, rows: Sequence[JsonObject]) -> dict[int, str]:
    """Inserts or updates rows whose key is `tmdb_id`; returns their ids."""
    if not rows:
        return {}
    ordered = sorted(rows, key=lambda row: int(row["tmdb_id"]))  # the same order of locks in all workers
    return {tmdb_id: key for tmdb_id, key in await run(work, _upsert_with_ids(target), ordered)}


def incoming(model: type[Base], columns: Sequence[str], **others: str) -> str:
    """A SELECT of the parameter `rows`; `others` are the types of columns that the table doesn't have."""
    columns_of = model.__table__.c
    types = {name: columns_of[name].type.compile(_DIALECT).partition(" COLLATE")[0] for name in columns}
    definitions = ", ".join(f"{name} {kind}" for name, kind in (types | others).items())
    return f"SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r ({definitions})"  # noqa: S608 - names of columns


def listed(columns: Sequence[str], source: str = "") -> str:
    """The columns as an SQL list."""
    return ", ".join(f"{source}.{name}" if source else name for name in columns)


def matching(columns: Sequence[str], left: str, right: str) -> str:
    """A condition that two rows have equal keys."""
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in columns)


def differing(target: Target, source: str) -> str:
    """A condition that `source` is not stored with the same values."""
    return (
        f"NOT EXISTS (SELECT FROM {target.table} AS old WHERE {matching(target.key, 'old', source)} "  # noqa: S608 - names of columns
        f"AND ({listed(target.values, 'old')}) IS NOT DISTINCT FROM ({listed(target.values, source)}))"
    )


def assignments(columns: Sequence[str]) -> str:
    """The SET list of an ON CONFLICT clause."""
    return ", ".join(f"{name} = excluded.{name}" for name in columns)


def insert_differing(target: Target, source: str) -> str:
    """An INSERT of the rows of `source` that are not stored with the same values."""
    return (
        f"INSERT INTO {target.table} AS stored ({listed(target.columns)}) "  # noqa: S608 - names of columns
        f"SELECT {listed(target.columns)} FROM {source} WHERE {differing(target, source)} "
        f"ORDER BY {listed(target.key)} "
        f"ON CONFLICT ({listed(target.key)}) DO UPDATE SET {assignments(target.values)}"
    )


@cache
def _upsert(target: Target) -> TextClause:
    rows = incoming(target.model, target.columns)
    return text(f"WITH incoming AS MATERIALIZED ({rows}) {insert_differing(target, 'incoming')}")


@cache
def _upsert_with_ids(target: Target) -> TextClause:
    return text(
        f"WITH incoming AS MATERIALIZED ({incoming(target.model, target.columns)}), "  # noqa: S608 - names of columns
        f"written AS ({insert_differing(target, 'incoming')} RETURNING stored.tmdb_id, stored.id) "
        "SELECT tmdb_id, id FROM written "
        f"UNION ALL SELECT same.tmdb_id, same.id FROM {target.table} AS same "
        "JOIN incoming ON incoming.tmdb_id = same.tmdb_id "
        "WHERE NOT EXISTS (SELECT FROM written WHERE written.tmdb_id = same.tmdb_id)"
    )


@cache
def _replace(target: Target, only: str) -> TextClause:
    return text(
        f"WITH incoming AS MATERIALIZED ({incoming(target.model, target.columns)}), "  # noqa: S608 - names of columns
        f"gone AS (DELETE FROM {target.table} AS old WHERE old.media_item_id = ANY(:owners) AND {only} "
        f"AND NOT EXISTS (SELECT FROM incoming WHERE {matching(target.key, 'old', 'incoming')})) "
        f"{insert_differing(target, 'incoming')}"
    ).bindparams(bindparam("owners", type_=ARRAY(Text)))
