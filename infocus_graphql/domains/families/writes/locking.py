"""Locks a family, and loads the memberships and invitations that a use case needs for its decision."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import undefer

from infocus_graphql.core.errors import ErrorCode, Refusal, Refused, not_found, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.families.models import Family, FamilyInvitation, FamilyMembership, FamilyRole


@dataclass(frozen=True, slots=True)
class LockedFamily:
    """A locked family and the viewer's membership."""

    family: Family
    actor: FamilyMembership


async def lock_family(work: UnitOfWork, family_id: str) -> Family | None:
    """Locks and returns the family until the end of the transaction; None if it doesn't exist.

    Every use case that changes a family, its members or its invitations takes this one lock first: rows read
    afterwards can't change, and deadlocks can't occur. FOR NO KEY UPDATE doesn't block inserts of rows that
    reference the family.
    """
    locked = select(Family).where(Family.id == family_id).with_for_update(key_share=True)
    return await work.session.scalar(locked)


async def load_family(work: UnitOfWork, viewer: Viewer, family_id: str, *path: str) -> LockedFamily:
    """Returns the locked family and the viewer's membership. NOT_FOUND unless the viewer is a member."""
    family = await lock_family(work, family_id)
    actor = await membership_of(work, family_id, viewer.id) if family is not None else None
    if family is None or actor is None:
        raise not_found("family", *path)
    return LockedFamily(family, actor)


async def membership_of(work: UnitOfWork, family_id: str, user_id: str | None) -> FamilyMembership | None:
    """Returns the user's membership of the family, else None."""
    query = select(FamilyMembership).where(
        FamilyMembership.family_id == family_id, FamilyMembership.user_id == user_id
    )
    return await work.session.scalar(query.execution_options(populate_existing=True))


async def member(work: UnitOfWork, family_id: str, user_id: str, *path: str) -> FamilyMembership:
    """Returns the user's membership of the family, else raises NOT_FOUND."""
    membership = await membership_of(work, family_id, user_id)
    if membership is None:
        raise refused(ErrorCode.NOT_FOUND, "This user is not a member of this family.", *path)
    return membership


def forbidden(message: str, required: FamilyRole, *path: str) -> Refused:
    """Returns a FORBIDDEN error that names the role that the action requires."""
    return Refused(Refusal(ErrorCode.FORBIDDEN, message, path, required_role=required))


async def lock_invitation(
    work: UnitOfWork, family_id: str | None, condition: ColumnElement[bool]
) -> FamilyInvitation | None:
    """Locks the family, then reads the invitation again: a concurrent transaction may have changed it."""
    if family_id is None or await lock_family(work, family_id) is None:
        return None
    return await work.session.scalar(select(FamilyInvitation).where(condition).options(*with_hashes()))


def with_hashes() -> tuple[Any, ...]:
    """Returns the options that load the hashes of an invitation's tokens."""
    # A function and not a constant: creating loader options configures all mappers, whose modules may not
    # be imported yet when this module is.
    return undefer(FamilyInvitation.token_hash), undefer(FamilyInvitation.mail_token_hash)
