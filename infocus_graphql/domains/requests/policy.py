"""Persisted documents and idempotency records are hidden from every viewer; no field returns them."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.requests.models import IdempotencyRecord, PersistedDocument


@visibility(PersistedDocument)
@visibility(IdempotencyRecord)
def visible_to_nobody(row: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden: the stores read these rows by hash or key, outside of GraphQL fields."""
    return false()
