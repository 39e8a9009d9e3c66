"""The root query field `viewer`."""

import strawberry
from sqlalchemy import ColumnElement

from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users import models
from infocus_graphql.domains.identity.users.policy import is_self
from infocus_graphql.graph.declarations import RootRow
from infocus_graphql.graph.root import anyone, root_row


def _viewer(root: MappedRow, user: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return is_self(user, viewer)


@strawberry.type
class UserQueries:
    """Root query fields of the viewer's account."""

    viewer: refs.Viewer | None = root_row(
        RootRow(Link(models.User, _viewer), {}, {}),
        "Returns the signed-in user and their private data; null for anonymous clients.",
        access=anyone,
    )
