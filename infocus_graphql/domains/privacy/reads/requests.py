"""Links and computed values of exports and account deletions."""

from typing import Final

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import exists
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.families.models import FamilyMembership, FamilyRole
from infocus_graphql.domains.privacy.models import DataExportStatus, FamilySuccession

PATH: Final = "/exports/"
NEWEST_EXPORT: Final = Order("CREATED_AT", (SortKey(lambda export: export.created_at),), descending=True)


def of_user(user: MappedRow, row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The row belongs to the user."""
    condition: ColumnElement[bool] = row.user_id == user.id
    return condition


def can_be_fetched(export: MappedRow) -> ColumnElement[bool]:
    """The export is ready and has not expired."""
    return and_(export.status == DataExportStatus.SUCCEEDED, export.expires_at > func.now())


def url_of(export: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The path of the download; null unless it is available."""
    return case((can_be_fetched(export), func.concat(PATH, export.id)))


def needs_owner(deletion: MappedRow, family: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The user owns the family, it has other members, and no valid decision about it exists.

    A decision is valid if the family is to be deleted or the chosen new owner is still a member.
    """
    own, other, heir = aliased(FamilyMembership), aliased(FamilyMembership), aliased(FamilyMembership)
    decision = aliased(FamilySuccession)
    owned = select(own.id).where(
        own.family_id == family.id, own.user_id == deletion.user_id, own.role == FamilyRole.OWNER
    )
    shared = select(other.id).where(other.family_id == family.id, other.user_id != deletion.user_id)
    stays = select(heir.id).where(heir.family_id == family.id, heir.user_id == decision.new_owner_id)
    decided = select(decision.family_id).where(
        decision.user_id == deletion.user_id,
        decision.family_id == family.id,
        or_(decision.deletes_family, exists(stays, heir)),
    )
    return and_(exists(owned, own), exists(shared, other), not_(exists(decided, decision)))
