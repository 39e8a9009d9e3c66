"""Nobody sees what waits for a mail to be answered: no field leads there."""

from typing import Any

from sqlalchemy import ColumnElement, false

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.registration.models import EmailToken


@visibility(EmailToken)
def visible_to_nobody(token: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Not even its own person: what is to be known of it is in the mail."""
    return false()
