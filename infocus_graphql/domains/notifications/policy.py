"""Notifications are visible to their own user only."""

from sqlalchemy import ColumnElement, and_, false

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility, visible_by
from infocus_graphql.domains.identity.sessions.policy import is_user
from infocus_graphql.domains.notifications.models import (
    Notification,
    NotificationPosition,
    NotificationPreference,
    NotificationSchedule,
)


@visibility(Notification)
def visible_notifications(notification: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer's own notifications, without those that the viewer wants by other channels only."""
    return and_(viewer.is_(notification.user_id), notification.in_app)


@visibility(NotificationPosition)
def visible_positions(position: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """No rows: nothing shows them."""
    return false()


visible_by(NotificationPreference, "user_id", is_user)
visible_by(NotificationSchedule, "user_id", is_user)
