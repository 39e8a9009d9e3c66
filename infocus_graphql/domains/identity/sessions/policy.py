"""Sessions and refresh tokens are visible to their own user only."""

from typing import Any

from sqlalchemy import ColumnElement

from infocus_graphql.db.visibility import SqlViewer, visible_by
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session


def is_user(user_id: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer is the user with this id."""
    return viewer.is_(user_id)


# A viewer's own sessions and refresh tokens. Token hashes are `secret` columns, which no field returns.
visible_by(Session, "user_id", is_user)
visible_by(RefreshToken, "user_id", is_user)
