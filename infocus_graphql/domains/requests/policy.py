"""Nobody reads documents and answers as rows: no field leads there."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.requests.models import IdempotencyRecord, PersistedDocument


@visibility(PersistedDocument)
@visibility(IdempotencyRecord)
def visible_to_nobody(row: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Who knows the hash or the key gets what it stands for, which isn't reading rows."""
    return false()
