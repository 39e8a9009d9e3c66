"""Orders, filters and titles of seasons and episodes."""

from sqlalchemy import Boolean, Integer, Text, case, func, literal_column, or_, true

from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer

BY_NUMBER = Order("NUMBER", (SortKey(lambda row: row.number),))

# Written into the statement: as parameters, they would be sent with each request.
_ZERO = literal_column("0", Integer())
_SPECIALS, _SEASON, _EPISODE = (
    literal_column(f"'{text}'", Text()) for text in ("Specials", "Season ", "Episode ")
)
# Without the argument, the condition is that of the partial indexes, which have no removed rows.
INCLUDES_REMOVED = Filter(
    Boolean(),
    lambda row, value: or_(value, row.removed_at.is_(None)),
    absent=lambda row: row.removed_at.is_(None),
)
INCLUDES_SPECIALS = Filter(
    Boolean(),
    lambda season, value: or_(value, season.number > 0),
    absent=lambda season: true(),
)


def season_title(season: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The title of a season, or one that is made from its number."""
    usual = case((season.number == _ZERO, _SPECIALS), else_=func.concat(_SEASON, season.number))
    return func.coalesce(season.title, usual)


def episode_title(episode: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The title of an episode, or one that is made from its number."""
    return func.coalesce(episode.title, func.concat(_EPISODE, episode.number))
