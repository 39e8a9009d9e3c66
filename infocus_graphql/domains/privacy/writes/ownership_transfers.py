"""Decisions about the families of a user whose account is deleted, and their execution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, delete, select, update

from infocus_graphql.core.errors import ErrorCode, Problems, Refused, not_found, refused
from infocus_graphql.core.text import check_count
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.families.models import Family, FamilyMembership, FamilyRole
from infocus_graphql.domains.families.writes.invitations import revoke_invitations_of
from infocus_graphql.domains.families.writes.locking import forbidden, lock_family
from infocus_graphql.domains.privacy.models import FamilySuccession

# Each decision costs queries. The maximum is far above the number of families that a user owns.
MAX_DECISIONS: Final = 100

_ADMINS_FIRST: Final = case((FamilyMembership.role == FamilyRole.ADMIN, 0), else_=1)


@dataclass(frozen=True, slots=True)
class OwnershipTransfer:
    """The owner's decision about a family: a new owner, or deletion."""

    family_id: str
    new_owner_id: str | None
    deletes_family: bool


async def check_ownership_transfers(
    unit: ReadUnit, viewer: Viewer, *, decided: Sequence[OwnershipTransfer]
) -> None:
    """Raises for invalid decisions, and for owned families with other members that have no decision."""
    check_count(len(decided), "families", maximum=MAX_DECISIONS)
    named = [each.family_id for each in decided]
    with Problems() as problems:
        for index, each in enumerate(decided):
            path = ("families", str(index))
            if each.family_id in named[:index]:
                problems.add(_invalid("Each family can be named only once.", *path, "familyId"))
                continue
            if (each.new_owner_id is not None) is each.deletes_family:
                problems.add(
                    _invalid("Set either transferToUserId or deleteFamily.", *path, "transferToUserId")
                )
            elif each.new_owner_id == viewer.id:
                problems.add(_invalid("The new owner must be another member.", *path, "transferToUserId"))
            try:
                await _check(unit, viewer, each, *path)
            except Refused as error:
                problems.add(error)
        problems.add(*await _undecided(unit, viewer, named))


async def _undecided(unit: ReadUnit, viewer: Viewer, named: Sequence[str]) -> list[Refused]:
    """Returns an error for each family with other members that the viewer owns and that is not in `named`."""
    members = select(FamilyMembership.family_id).where(FamilyMembership.user_id != viewer.id)
    open_ones = await unit.scalars(
        select(Family.name)
        .join(FamilyMembership, FamilyMembership.family_id == Family.id)
        .where(
            FamilyMembership.user_id == viewer.id,
            FamilyMembership.role == FamilyRole.OWNER,
            Family.id.in_(members),
            Family.id.not_in(named),
        )
        .order_by(Family.created_at, Family.id)
    )
    message = "Name a new owner for “{}”, or choose to delete it."
    return [refused(ErrorCode.REQUIRED, message.format(name), "families") for name in open_ones]


async def store_ownership_transfers(
    work: UnitOfWork, *, user_id: str, decided: Sequence[OwnershipTransfer]
) -> None:
    """Replaces the user's stored decisions."""
    await work.session.execute(delete(FamilySuccession).where(FamilySuccession.user_id == user_id))
    work.session.add_all(
        FamilySuccession(
            user_id=user_id,
            family_id=each.family_id,
            new_owner_id=each.new_owner_id,
            deletes_family=each.deletes_family,
        )
        for each in decided
    )


async def leave_families(work: UnitOfWork, *, user_id: str) -> None:
    """Removes the user from all families. Owned families get a new owner or are deleted.

    Audit events have no actor, because the user is being erased. The caller must have locked the user's row,
    so that they can't join another family concurrently.
    """
    own = select(FamilyMembership.family_id).where(FamilyMembership.user_id == user_id)
    for family_id in list(await work.session.scalars(own.order_by(FamilyMembership.family_id))):
        if await lock_family(work, family_id) is None:
            continue
        membership = (FamilyMembership.family_id == family_id, FamilyMembership.user_id == user_id)
        statement = delete(FamilyMembership).where(*membership).returning(FamilyMembership.role)
        role = await work.session.scalar(statement)
        if role is None:
            continue
        audit(work, AuditAction.MEMBER_LEFT, actor=None, family=family_id)
        await revoke_invitations_of(work, family_id=family_id, user_id=user_id, actor=None)
        if role is FamilyRole.OWNER:
            await _succeed(work, user_id, family_id)


async def _succeed(work: UnitOfWork, user_id: str, family_id: str) -> None:
    """Makes the next owner of a locked family, or deletes it if so decided or if it has no members."""
    decision = await work.session.get(FamilySuccession, (user_id, family_id))
    heir = (
        None
        if decision is not None and decision.deletes_family
        else await _next_owner(work, family_id, decision)
    )
    if heir is None:
        await work.session.execute(delete(Family).where(Family.id == family_id))
        audit(work, AuditAction.FAMILY_DELETED, actor=None, family=family_id, object_id=family_id)
        return
    takes_over = update(FamilyMembership).where(FamilyMembership.id == heir.id)
    await work.session.execute(takes_over.values(role=FamilyRole.OWNER))
    audit(
        work,
        AuditAction.OWNERSHIP_TRANSFERRED,
        actor=None,
        target_user=heir.user_id,
        family=family_id,
        object_id=heir.id,
    )


async def _next_owner(
    work: UnitOfWork, family_id: str, decision: FamilySuccession | None
) -> FamilyMembership | None:
    """Returns the new owner's membership: the chosen user, else the longest-serving admin, else member."""
    named = FamilyMembership.user_id == (decision.new_owner_id if decision is not None else None)
    query = select(FamilyMembership).where(FamilyMembership.family_id == family_id)
    order = (case((named, 0), else_=1), _ADMINS_FIRST, FamilyMembership.joined_at, FamilyMembership.id)
    membership: FamilyMembership | None = await work.session.scalar(query.order_by(*order).limit(1))
    return membership


async def _check(unit: ReadUnit, viewer: Viewer, each: OwnershipTransfer, *path: str) -> None:
    role = await _role(unit, each.family_id, viewer.id)
    if role is None:
        raise not_found("family", *path, "familyId")
    if role is not FamilyRole.OWNER:
        message = "Only the owner can decide on the future of a family."
        raise forbidden(message, FamilyRole.OWNER, *path, "familyId")
    if each.new_owner_id and await _role(unit, each.family_id, each.new_owner_id) is None:
        message = "This user is not a member of this family."
        raise refused(ErrorCode.NOT_FOUND, message, *path, "transferToUserId")


async def _role(unit: ReadUnit, family_id: str, user_id: str | None) -> FamilyRole | None:
    query = select(FamilyMembership.role).where(
        FamilyMembership.family_id == family_id, FamilyMembership.user_id == user_id
    )
    role: FamilyRole | None = await unit.scalar(query)
    return role


def _invalid(message: str, *path: str) -> Refused:
    return refused(ErrorCode.INVALID, message, *path)
