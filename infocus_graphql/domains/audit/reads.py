"""What can be asked of the audit log: whose events, and in which order."""

from typing import Any

from sqlalchemy import ColumnElement, or_

from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.visibility import SqlViewer

NEWEST_EVENT = Order("CREATED_AT", (SortKey(lambda event: event.created_at),), descending=True)


def events_about_user(user: Any, event: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """What the person did, and what was done about their account."""
    return or_(event.person_id == user.id, event.actor_id == user.id)


def of_family(family: Any, event: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """What was done in the family."""
    same: ColumnElement[bool] = event.family_id == family.id
    return same
