"""Who may read what of an account. Which people somebody sees is decided by families, in their policy."""

from typing import Any

from sqlalchemy import ColumnElement

from infocus_graphql.db.visibility import SqlViewer


def is_self(user: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The row is the viewer's own account."""
    own: ColumnElement[bool] = user.id == viewer.id
    return own
