"""The facts that use cases decide on: the family (locked), who acts in it, and who is acted on."""

from dataclasses import dataclass

from sqlalchemy import select

from infocus_graphql.core.errors import ErrorCode, Refusal, Refused, not_found, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.families.models import Family, FamilyMembership, FamilyRole


@dataclass(frozen=True, slots=True)
class LockedFamily:
    """A family and the viewer's membership of it."""

    family: Family
    actor: FamilyMembership


async def lock_family(work: UnitOfWork, family_id: str) -> Family | None:
    """The family, locked until the end of the transaction.

    Whoever changes a family, its members or its invitations takes this lock first, and no other: what is
    read after it stays true, and nobody waits in a circle. It is FOR NO KEY UPDATE, which lets the foreign
    keys of other rows pass.
    """
    locked = select(Family).where(Family.id == family_id).with_for_update(key_share=True)
    return await work.session.scalar(locked)


async def load_family(work: UnitOfWork, viewer: Viewer, family_id: str, *path: str) -> LockedFamily:
    """The locked family and the viewer's membership; unknown and foreign families are both NOT_FOUND."""
    family = await lock_family(work, family_id)
    actor = await membership_of(work, family_id, viewer.id) if family is not None else None
    if family is None or actor is None:
        raise not_found("family", *path)
    return LockedFamily(family, actor)


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
        raise refused(ErrorCode.NOT_FOUND, "This user is not a member of this family.", *path)
    return found


def forbidden(message: str, required: FamilyRole, *path: str) -> Refused:
    """The refusal of an action that the viewer's role doesn't allow."""
    return Refused(Refusal(ErrorCode.FORBIDDEN, message, path, required_role=required))
