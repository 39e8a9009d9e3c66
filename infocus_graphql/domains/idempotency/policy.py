"""Idempotency records are hidden from every viewer; no field returns them."""

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.idempotency.models import IdempotencyRecord


@visibility(IdempotencyRecord)
def visible_to_nobody(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden: the store reads these rows outside of GraphQL fields."""
    return false()
