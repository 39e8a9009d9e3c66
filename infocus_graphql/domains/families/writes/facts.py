"""The facts that use cases decide on: the family (locked), who acts in it, and who is acted on."""

from dataclasses import dataclass

from sqlalchemy import select

from infocus_graphql.core.errors import ErrorCode, Refusal, Refused, not_found
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.families.models import Family, FamilyMembership, FamilyRole


@dataclass(frozen=True, slots=True)
class Facts:
    """A family and the viewer's membership of it."""

    family: Family
    actor: FamilyMembership


async def facts_of(work: UnitOfWork, viewer: Viewer, family_id: str, *path: str) -> Facts:
    """The family, locked against other changes of its members; unknown and foreign families are both NOT_FOUND.

    The lock leaves foreign keys alone (FOR NO KEY UPDATE), so that an acceptance under way, which holds
    its invitation and needs the family's key, can't end in a deadlock with an admin's change.
    """
    locked = select(Family).where(Family.id == family_id).with_for_update(key_share=True)
    family = await work.session.scalar(locked)
    actor = await membership_of(work, family_id, viewer.id) if family is not None else None
    if family is None or actor is None:
        raise not_found("family", *path)
    return Facts(family, actor)


async def membership_of(work: UnitOfWork, family_id: str, user_id: str | None) -> FamilyMembership | None:
    """Somebody's membership of a family."""
    found = select(FamilyMembership).where(
        FamilyMembership.family_id == family_id, FamilyMembership.user_id == user_id
    )
    return await work.session.scalar(found.execution_options(populate_existing=True))


async def member(work: UnitOfWork, family_id: str, user_id: str, *path: str) -> FamilyMembership:
    """Somebody's membership of a family, or NOT_FOUND."""
    found = await membership_of(work, family_id, user_id)
    if found is None:
        raise not_found("member of this family", *path)
    return found


def not_allowed(message: str, required: FamilyRole, *path: str) -> Refused:
    """The refusal of an action that the viewer's role doesn't allow."""
    return Refused(Refusal(ErrorCode.NOT_ALLOWED, message, path, required_role=required.name))
