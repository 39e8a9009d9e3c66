"""Changes roles, transfers ownership, removes members, leaves families and changes sharing."""

from sqlalchemy import delete, update

from infocus_graphql.core.errors import ErrorCode, Problems, refused
from infocus_graphql.core.text import required
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.families import policy
from infocus_graphql.domains.families.models import FamilyMembership, FamilyRole
from infocus_graphql.domains.families.writes.invitations import revoke_invitations_of
from infocus_graphql.domains.families.writes.locking import forbidden, load_family, member


async def update_family_member_role(
    work: UnitOfWork, viewer: Viewer, *, family_id: str, user_id: str, role: FamilyRole
) -> str:
    """Sets a member's role to ADMIN or MEMBER; for the owner. Returns the membership's id."""
    with Problems() as problems:
        if role is FamilyRole.OWNER:
            message = "To change the owner, use transferFamilyOwnership."
            problems.add(refused(ErrorCode.INVALID, message, "role"))
        facts = await load_family(work, viewer, family_id, "familyId")
        target = await problems.collect(member(work, family_id, user_id, "userId"))
        if not policy.is_owner_role(facts.actor.role):
            raise forbidden("Only the owner can change roles.", FamilyRole.OWNER, "familyId")
        if target is not None and not policy.can_change_role(facts.actor.role, target.role):
            message = "The owner's role can't be changed. Use transferFamilyOwnership."
            raise refused(ErrorCode.INVALID, message, "userId")
    if target.role is not role:
        _note(work, viewer, AuditAction.ROLE_CHANGED, target, former=target.role.name, role=role.name)
        await _set_role(work, target.id, role)
        if role is FamilyRole.MEMBER:
            await _revoke_invitations(work, viewer, target)
    return target.id


async def transfer_family_ownership(
    work: UnitOfWork, viewer: Viewer, *, family_id: str, to_user_id: str
) -> str:
    """Makes another member the owner; the viewer becomes an admin. Returns the new owner's membership id."""
    with Problems() as problems:
        facts = await load_family(work, viewer, family_id, "familyId")
        target = await problems.collect(member(work, family_id, to_user_id, "toUserId"))
        if not policy.is_owner_role(facts.actor.role):
            raise forbidden("Only the owner can transfer the family.", FamilyRole.OWNER, "familyId")
    if not policy.can_change_role(facts.actor.role, target.role):
        raise refused(ErrorCode.INVALID, "You already own this family.", "toUserId")
    # In this order: a unique index permits one owner per family, even within the transaction.
    await _set_role(work, facts.actor.id, FamilyRole.ADMIN)
    await _set_role(work, target.id, FamilyRole.OWNER)
    _note(work, viewer, AuditAction.OWNERSHIP_TRANSFERRED, target)
    return target.id


async def remove_family_member(work: UnitOfWork, viewer: Viewer, *, family_id: str, user_id: str) -> str:
    """Removes a member; see `policy.can_remove_member`. Returns the id of the deleted membership."""
    facts = await load_family(work, viewer, family_id, "familyId")
    target = await member(work, family_id, user_id, "userId")
    if target.id == facts.actor.id:
        raise refused(ErrorCode.INVALID, "To leave the family yourself, use leaveFamily.", "userId")
    if not policy.can_remove_member(facts.actor.role, target.role):
        needed = FamilyRole.ADMIN if target.role is FamilyRole.MEMBER else FamilyRole.OWNER
        raise forbidden("Your role does not allow you to remove this member.", needed, "userId")
    await work.session.execute(delete(FamilyMembership).where(FamilyMembership.id == target.id))
    await _revoke_invitations(work, viewer, target)
    _note(work, viewer, AuditAction.MEMBER_REMOVED, target)
    return target.id


async def leave_family(work: UnitOfWork, viewer: Viewer, *, family_id: str) -> str:
    """Removes the viewer from the family; not for the owner. Returns the id of the deleted membership."""
    facts = await load_family(work, viewer, family_id, "id")
    if not policy.can_leave(facts.actor.role):
        raise refused(
            ErrorCode.OWNER_CANNOT_LEAVE,
            "The owner can't leave. Transfer the family first, or delete it.",
            "id",
        )
    await work.session.execute(delete(FamilyMembership).where(FamilyMembership.id == facts.actor.id))
    await _revoke_invitations(work, viewer, facts.actor)
    _note(work, viewer, AuditAction.MEMBER_LEFT, facts.actor)
    return facts.actor.id


async def update_family_sharing(
    work: UnitOfWork, viewer: Viewer, *, family_id: str, shares_watchlist: bool | Unset | None = UNSET
) -> str:
    """Sets whether the family sees the viewer's watchlist. None is an error; unset changes nothing."""
    with Problems() as problems:
        if shares_watchlist is None:
            problems.add(required("sharesWatchlist"))
        facts = await load_family(work, viewer, family_id, "familyId")
    if is_set(shares_watchlist) and shares_watchlist is not None:
        if facts.actor.shares_watchlist is not shares_watchlist:
            change = {"sharesWatchlist": shares_watchlist}
            _note(work, viewer, AuditAction.SHARING_CHANGED, facts.actor, **change)
        facts.actor.shares_watchlist = shares_watchlist
    return facts.actor.id


def _note(
    work: UnitOfWork, viewer: Viewer, action: AuditAction, member: FamilyMembership, **details: str | bool
) -> None:
    audit(
        work,
        action,
        actor=viewer.id,
        target_user=member.user_id,
        family=member.family_id,
        object_id=member.id,
        **details,
    )


async def _revoke_invitations(work: UnitOfWork, viewer: Viewer, member: FamilyMembership) -> None:
    await revoke_invitations_of(work, family_id=member.family_id, user_id=member.user_id, actor=viewer.id)


async def _set_role(work: UnitOfWork, membership_id: str, role: FamilyRole) -> None:
    changed = update(FamilyMembership).where(FamilyMembership.id == membership_id).values(role=role)
    await work.session.execute(changed)
