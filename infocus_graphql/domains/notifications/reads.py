"""Order, filter and counts of notifications."""

from sqlalchemy import Boolean, ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.notifications.models import Notification

NEWEST = Order("OCCURRED_AT", (SortKey(lambda notification: notification.occurred_at),), descending=True)
CONDITIONS = {
    "unread_only": Filter(Boolean(), lambda notification, value: or_(~value, notification.read_at.is_(None))),
}


def _of_user(user: MappedRow, notification: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(notification.user_id == user.id, notification.in_app)


OF_USER = Link(Notification, _of_user, User)


def unread_count(user: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The number of the viewer's unread notifications. 0 for other users."""
    own = aliased(Notification)
    counted = select(func.count(own.id)).where(
        own.user_id == user.id, viewer.is_(own.user_id), own.read_at.is_(None), own.in_app
    )
    return scalar(counted, own)
