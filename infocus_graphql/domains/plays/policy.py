"""Plays are visible with their watchlist entry; their source and note to the user only."""

from sqlalchemy import ColumnElement

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.plays.models import WatchEvent
from infocus_graphql.domains.watchlists.policy import shares_watchlist


@visibility(WatchEvent)
def visible_plays(play: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Viewers see their own plays, and those of users who share their list with a family of the viewer."""
    return shares_watchlist(play.user_id, viewer)


def is_own(play: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The play is the viewer's: they may read its note and undo it."""
    return viewer.is_(play.user_id)
