"""The value of `__typename` in SQL."""

from graphql import GraphQLObjectType
from sqlalchemy import ColumnElement, Text, literal_column


def type_name(gtype: GraphQLObjectType) -> ColumnElement[str]:
    """A constant; safe as it is, for names in GraphQL are letters, digits and `_`."""
    return literal_column(f"'{gtype.name}'", Text())
