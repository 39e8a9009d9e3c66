"""What users may read about their own second factor."""

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor


def has_second_factor(user: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Whether the viewer has a confirmed second factor. False for other users."""
    factor = aliased(SecondFactor)
    own = and_(factor.user_id == user.id, user.id == viewer.id)
    return exists(select(factor.id).where(own, factor.confirmed_at.is_not(None)))


def backup_codes_left(user: MappedRow, viewer: SqlViewer) -> ColumnElement[int]:
    """The number of the viewer's unused backup codes. 0 for other users."""
    code = aliased(BackupCode)
    own = and_(code.user_id == user.id, user.id == viewer.id)
    return select(func.count(code.id)).where(own, code.used_at.is_(None)).scalar_subquery()
