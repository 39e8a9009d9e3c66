"""Sessions and refresh tokens are seen by their own person alone."""

from typing import Any

from sqlalchemy import ColumnElement

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.auth.models import RefreshToken, Session


@visibility(Session)
def visible_sessions(session: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """One's own sessions."""
    own: ColumnElement[bool] = session.user_id == viewer.id
    return own


@visibility(RefreshToken)
def visible_refresh_tokens(token: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """One's own refresh tokens; never the tokens themselves, only that there are any."""
    own: ColumnElement[bool] = token.user_id == viewer.id
    return own
