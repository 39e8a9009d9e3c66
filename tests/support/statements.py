"""Records the SQL statements that an application sends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from infocus_graphql.db.database import Database


@contextmanager
def recorded(database: Database) -> Iterator[list[str]]:
    """Records the SQL of all statements sent during the block."""
    texts: list[str] = []

    def record(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        texts.append(statement)

    engines = [database.engines.read.sync_engine, database.engines.write.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", record)
    try:
        yield texts
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", record)
