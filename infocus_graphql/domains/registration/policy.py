"""E-mail tokens are hidden from every viewer; no field returns them."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.registration.models import EmailToken


@visibility(EmailToken)
def visible_to_nobody(token: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden even from its own user: the token is only in the e-mail."""
    return false()
