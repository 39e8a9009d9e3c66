"""People and credits are public."""

from sqlalchemy import ColumnElement, true

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.people.models import Credit, Person


@visibility(Person)
def visible_people(person: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All people are public."""
    return true()


@visibility(Credit)
def visible_credits(credit: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All credits are public."""
    return true()
