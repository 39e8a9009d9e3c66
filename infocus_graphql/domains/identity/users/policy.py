"""Predicates on the viewer's own account. The visibility of other users is defined in `families.policy`."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import exists
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.identity.users.models import User


def is_self(user: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The row is the viewer's own account."""
    own: ColumnElement[bool] = user.id == viewer.id
    return own


def is_viewer(user: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Like `is_self`, but false instead of NULL for anonymous viewers, as `=` would be."""
    own: ColumnElement[bool] = user.id.is_not_distinct_from(viewer.id)
    return own


def is_staff(viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer is staff according to the database; the claim in the access token may be outdated."""
    me = aliased(User)
    return exists(select(me.id).where(me.id == viewer.id, me.is_staff), me)
