"""Persisted documents are hidden from every viewer; no field returns them."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.persisted_documents.models import PersistedDocument


@visibility(PersistedDocument)
def visible_to_nobody(row: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden: the store reads these rows outside of GraphQL fields."""
    return false()
