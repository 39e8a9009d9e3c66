"""Nobody reads documents as rows: no field leads there."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.requests.models import PersistedDocument


@visibility(PersistedDocument)
def visible_to_nobody(document: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Who knows the hash may have it run, which isn't reading."""
    return false()
