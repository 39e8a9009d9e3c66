"""Orders, filters and computed values of families, and the public preview of an invitation."""

from sqlalchemy import ARRAY, ColumnElement, RowMapping, and_, any_, func, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyInvitationStatus,
    FamilyMembership,
)
from infocus_graphql.domains.families.policy import is_invited
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.security.access_tokens import token_hash

OLDEST_MEMBER = Order("JOINED_AT", (SortKey(lambda membership: membership.joined_at),))
OLDEST_FAMILY = Order("CREATED_AT", (SortKey(lambda family: family.created_at),))
NEWEST_INVITATION = Order("CREATED_AT", (SortKey(lambda invitation: invitation.created_at),), descending=True)

INVITATION_STATUSES = Filter(
    ARRAY(FamilyInvitation.status.type), lambda invitation, values: invitation.status == any_(values)
)


def is_open_for(user: MappedRow, invitation: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The invitation is pending, has not expired, and was sent to the user's e-mail address."""
    return and_(
        invitation.email == func.lower(user.email),
        is_invited(invitation, viewer),
        invitation.status == FamilyInvitationStatus.PENDING,
        invitation.expires_at > func.now(),
    )


def is_expired(invitation: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Whether the invitation is pending but has expired."""
    return and_(invitation.status == FamilyInvitationStatus.PENDING, invitation.expires_at <= func.now())


def family_name(invitation: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The family's name, readable by every viewer of the invitation."""
    family = aliased(Family)
    return scalar(select(family.name).where(family.id == invitation.family_id), family)


def inviter_name(invitation: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The inviter's name, readable by every viewer of the invitation."""
    inviter = aliased(User)
    return scalar(select(inviter.name).where(inviter.id == invitation.invited_by_id), inviter)


def member_count(invitation: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The number of members, readable by every viewer of the invitation."""
    member = aliased(FamilyMembership)
    counted = select(func.count(member.id)).where(member.family_id == invitation.family_id)
    return scalar(counted, member)


async def find_invitation_preview(unit: ReadUnit, viewer: Viewer, *, token: str) -> RowMapping | None:
    """Returns the data that an invitation token reveals before sign-in; None for an unknown token."""
    members = select(func.count()).where(FamilyMembership.family_id == Family.id).scalar_subquery()
    inviter = aliased(User)
    preview = (
        select(
            Family.name.label("family_name"),
            inviter.name.label("inviter_name"),
            members.label("member_count"),
            FamilyInvitation.status.label("invitation_status"),
            FamilyInvitation.expires_at,
        )
        .join(Family, Family.id == FamilyInvitation.family_id)
        .outerjoin(inviter, inviter.id == FamilyInvitation.invited_by_id)
        .where(has_token(token))
    )
    return (await unit.execute(preview)).mappings().first()


def has_token(token: str) -> ColumnElement[bool]:
    """The token is one of the invitation's two: returned to the inviter, or sent by e-mail."""
    stored = token_hash(token)
    return or_(FamilyInvitation.token_hash == stored, FamilyInvitation.mail_token_hash == stored)
