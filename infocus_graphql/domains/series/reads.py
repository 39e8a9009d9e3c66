"""Orders and titles of seasons and episodes."""

from sqlalchemy import case, func

from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer

BY_NUMBER = Order("NUMBER", (SortKey(lambda row: row.number),))


def season_title(season: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The title of a season, or one that is made from its number."""
    usual = case((season.number == 0, "Specials"), else_=func.concat("Season ", season.number))
    return func.coalesce(season.title, usual)


def episode_title(episode: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The title of an episode, or one that is made from its number."""
    return func.coalesce(episode.title, func.concat("Episode ", episode.number))
