"""Seasons and episodes are public."""

from sqlalchemy import ColumnElement, true

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.series.models import Episode, Season


@visibility(Season)
def visible_seasons(season: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All seasons are public."""
    return true()


@visibility(Episode)
def visible_episodes(episode: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All episodes are public."""
    return true()
