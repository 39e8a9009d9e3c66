"""Recommendations are visible to their sender and recipient only."""

from sqlalchemy import ColumnElement, or_

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.recommendations.models import Recommendation


@visibility(Recommendation)
def visible_recommendations(recommendation: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer is the sender or the recipient."""
    return or_(recommendation.from_user_id == viewer.id, recommendation.to_user_id == viewer.id)
