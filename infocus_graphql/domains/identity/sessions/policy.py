"""Sessions and refresh tokens are seen by their own person alone."""

from typing import Any

from sqlalchemy import ColumnElement

from infocus_graphql.db.visibility import SqlViewer, visible_by
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session


def is_user(user_id: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer is the person with this id."""
    return viewer.is_(user_id)


# One's own sessions and refresh tokens; never the tokens themselves, only that there are any.
visible_by(Session, "user_id", is_user)
visible_by(RefreshToken, "user_id", is_user)
