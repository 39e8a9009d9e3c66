"""Visibility of families, memberships, invitations, users and audit events; permissions of each role."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import exists
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer, implies, visibility, visible_by
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.identity.users.policy import is_staff

_ADMINS = (FamilyRole.OWNER, FamilyRole.ADMIN)


def is_member(family_id: SqlExpression, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer is a member of the family."""
    membership = aliased(FamilyMembership)
    query = select(membership.id).where(membership.family_id == family_id, membership.user_id == viewer.id)
    return exists(query, membership)


def is_admin(family_id: SqlExpression, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer is the family's owner or one of its admins."""
    own = aliased(FamilyMembership)
    return _has_membership(own, family_id, viewer, or_(*(own.role == role for role in _ADMINS)))


def shares_family(user_id: SqlExpression, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer and the user are members of a common family."""
    viewer_membership, user_membership = aliased(FamilyMembership), aliased(FamilyMembership)
    common = (
        select(user_membership.id)
        .join(viewer_membership, viewer_membership.family_id == user_membership.family_id)
        .where(viewer_membership.user_id == viewer.id, user_membership.user_id == user_id)
    )
    return exists(common, viewer_membership, user_membership)


def can_see_user(user_id: SqlExpression, viewer: SqlViewer) -> ColumnElement[bool]:
    """The user is the viewer, or shares a family with the viewer."""
    return or_(viewer.is_(user_id), shares_family(user_id, viewer))


# A user and their profile have the same visibility. Families and memberships are visible to the members.
visible_by(User, "id", can_see_user)
visible_by(Profile, "user_id", can_see_user)
visible_by(Family, "id", is_member)
visible_by(FamilyMembership, "family_id", is_member)

# A visible membership implies that its user is visible: is_member says that the viewer is in the family, and
# the membership row says that the user is. Together they are the condition of shares_family, so that
# `members { user { name } }` needs no second EXISTS for each user.
implies(FamilyMembership, "user_id", can_see_user)


@visibility(FamilyInvitation)
def visible_invitations(invitation: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Invitations are visible to the family's admins and owner, and to the invited user."""
    return or_(is_admin(invitation.family_id, viewer), is_invited(invitation, viewer))


@visibility(AuditEvent)
def visible_events(event: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Events are visible to their actor, their target user, the admins of their family, and staff."""
    concerned = or_(event.target_user_id == viewer.id, event.actor_id == viewer.id)
    return or_(concerned, is_admin(event.family_id, viewer), is_staff(viewer))


def is_invited(invitation: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The invitation was sent to the viewer's verified e-mail address."""
    me = aliased(User)
    query = select(me.id).where(
        me.id == viewer.id, func.lower(me.email) == invitation.email, me.email_verified_at.is_not(None)
    )
    return exists(query, me)


def can_administer(actor: FamilyRole) -> bool:
    """Whether the role may invite, resend, revoke and rename: admins and the owner."""
    return actor in _ADMINS


def is_owner_role(actor: FamilyRole) -> bool:
    """Whether the role may change roles, transfer and delete: the owner only."""
    return actor is FamilyRole.OWNER


def can_leave(actor: FamilyRole) -> bool:
    """Every role but the owner, who has to transfer the family first."""
    return actor is not FamilyRole.OWNER


def can_remove_member(actor: FamilyRole, target: FamilyRole) -> bool:
    """The owner may remove every other member; admins may remove plain members only."""
    if target is FamilyRole.OWNER:
        return False
    return actor is FamilyRole.OWNER or (actor is FamilyRole.ADMIN and target is FamilyRole.MEMBER)


def can_change_role(actor: FamilyRole, target: FamilyRole) -> bool:
    """The owner may change the role of every other member, and make one of them the owner."""
    return is_owner_role(actor) and target is not FamilyRole.OWNER


def viewer_can(rule: Callable[[FamilyRole], bool]) -> Callable[[MappedRow, SqlViewer], ColumnElement[bool]]:
    """Returns the condition over a family that `rule`, such as `can_leave`, holds of the viewer's role."""

    def condition(family: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
        own = aliased(FamilyMembership)
        allowed = or_(*(own.role == role for role in FamilyRole if rule(role)))
        return _has_membership(own, family.id, viewer, allowed)

    return condition


def viewer_can_to(
    rule: Callable[[FamilyRole, FamilyRole], bool],
) -> Callable[[MappedRow, SqlViewer], ColumnElement[bool]]:
    """Returns the condition over a membership that `rule` holds of the viewer's role and the member's."""
    pairs = [(actor, target) for actor in FamilyRole for target in FamilyRole if rule(actor, target)]

    def condition(member: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
        own = aliased(FamilyMembership)
        allowed = or_(*(and_(own.role == actor, member.role == target) for actor, target in pairs))
        return _has_membership(own, member.family_id, viewer, allowed)

    return condition


def _has_membership(
    own: MappedRow, family_id: SqlExpression, viewer: SqlViewer, condition: ColumnElement[bool]
) -> ColumnElement[bool]:
    """The viewer has a membership `own` of the family that meets the condition."""
    query = select(own.id).where(own.family_id == family_id, own.user_id == viewer.id, condition)
    return exists(query, own)
