"""E-mail tokens are hidden from every viewer; no field returns them."""

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.registration.models import EmailToken


@visibility(EmailToken)
def visible_to_nobody(token: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Hidden even from its own user: the token is only in the e-mail."""
    return false()
