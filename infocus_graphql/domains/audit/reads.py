"""Order and link predicates of audit events."""

from sqlalchemy import ColumnElement, or_

from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer

NEWEST_EVENT = Order("CREATED_AT", (SortKey(lambda event: event.created_at),), descending=True)


def events_about_user(user: MappedRow, event: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The user is the actor or the target of the event."""
    return or_(event.target_user_id == user.id, event.actor_id == user.id)


def of_family(family: MappedRow, event: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The event belongs to the family."""
    condition: ColumnElement[bool] = event.family_id == family.id
    return condition
