"""The audience of events."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import exists
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.events.models import (
    ENTRY_TYPES,
    FAMILY_TYPES,
    INVITATION_TYPES,
    Event,
    EventType,
)
from infocus_graphql.domains.families.policy import can_see_user, is_admin, is_member
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.domains.watchlists.policy import shares_watchlist


@visibility(Event)
def visible_events(event: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Viewers see events about themselves, and those about families, users and lists that they can see now.

    An event is as visible as the row that it is about would be, so a user who has left a family no longer
    sees the family's events, even earlier ones.
    """
    return or_(
        viewer.is_(event.user_id),
        viewer.is_(event.other_user_id),
        and_(_is_one_of(event, FAMILY_TYPES), is_member(event.family_id, viewer)),
        and_(_is_one_of(event, INVITATION_TYPES), is_admin(event.family_id, viewer)),
        and_(_is_one_of(event, ENTRY_TYPES), shares_watchlist(event.user_id, viewer)),
        and_(event.type == EventType.USER_UPDATED, can_see_user(event.user_id, viewer)),
        and_(event.type == EventType.TITLE_UPDATED, _tracks(event, viewer)),
    )


def _is_one_of(event: MappedRow, types: Sequence[EventType]) -> ColumnElement[bool]:
    return or_(*(event.type == each for each in types))


def _tracks(event: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    own = aliased(WatchlistEntry)
    query = select(own.id).where(own.media_item_id == event.media_item_id, own.user_id == viewer.id)
    return exists(query, own)
