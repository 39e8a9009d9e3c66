"""Accepts and declines invitations."""

from dataclasses import dataclass

from sqlalchemy import false, func, select

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.families.models import (
    FamilyInvitation,
    FamilyInvitationStatus,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.families.reads import has_token
from infocus_graphql.domains.families.writes.invitations import Changed, already_processed, note_invitation
from infocus_graphql.domains.families.writes.locking import lock_invitation
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import verify_address
from infocus_graphql.security.access_tokens import token_hash


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that can be accepted. `proves_address` is true for the token sent by e-mail."""

    proves_address: bool


async def accept_family_invitation(
    work: UnitOfWork, viewer: Viewer, *, invitation_id: str | None = None, token: str | None = None
) -> Changed:
    """Accepts an invitation by its id or token; the viewer becomes a member.

    It must have been sent to the viewer's verified address. The token from the e-mail verifies the address.
    """
    invitation, path = await _received(work, viewer, invitation_id, token)
    member_id = await work.session.scalar(
        select(FamilyMembership.id).filter_by(family_id=invitation.family_id, user_id=viewer.id)
    )
    if member_id is not None:
        raise refused(
            ErrorCode.ALREADY_EXISTS, "You are already in this family.", path, existing_id=member_id
        )
    membership = FamilyMembership(family_id=invitation.family_id, user_id=viewer.id, role=FamilyRole.MEMBER)
    work.session.add(membership)
    invitation.status, invitation.accepted_at = FamilyInvitationStatus.ACCEPTED, now()
    note_invitation(work, viewer, AuditAction.INVITATION_ACCEPTED, invitation)
    await work.session.flush()
    return Changed(invitation.id, invitation.family_id, membership.id)


async def decline_family_invitation(
    work: UnitOfWork, viewer: Viewer, *, invitation_id: str | None = None, token: str | None = None
) -> Changed:
    """Declines an invitation to the viewer's verified address, by its id or token."""
    invitation, _ = await _received(work, viewer, invitation_id, token)
    invitation.status = FamilyInvitationStatus.DECLINED
    note_invitation(work, viewer, AuditAction.INVITATION_DECLINED, invitation)
    return Changed(invitation.id, invitation.family_id)


async def open_invitation(unit: ReadUnit, *, email: str, token: str) -> OpenInvitation | None:
    """Returns the invitation with this token if it was sent to `email` and can be accepted, else None."""
    rows = await unit.execute(
        select(FamilyInvitation.mail_token_hash == token_hash(token)).where(
            has_token(token),
            FamilyInvitation.email == email,
            FamilyInvitation.status == FamilyInvitationStatus.PENDING,
            FamilyInvitation.expires_at > now(),
        )
    )
    proof = rows.first()
    return None if proof is None else OpenInvitation(proves_address=bool(proof[0]))


async def _received(
    work: UnitOfWork, viewer: Viewer, invitation_id: str | None, token: str | None
) -> tuple[FamilyInvitation, str]:
    """Returns the acceptable invitation with this id or token, and the name of the input field.

    An invitation to another user's address is NOT_FOUND. An unverified address is rejected with
    EMAIL_NOT_VERIFIED, since anyone could register with it; the token from the e-mail verifies the address.
    """
    path = "id" if token is None else "token"
    which = FamilyInvitation.id == invitation_id if token is None else has_token(token)
    mailed = false() if token is None else FamilyInvitation.mail_token_hash == token_hash(token)
    invited_user = select(User.email_verified_at.is_not(None)).where(
        User.id == viewer.id, func.lower(User.email) == FamilyInvitation.email
    )
    rows = await work.session.execute(
        select(
            FamilyInvitation.family_id,
            invited_user.scalar_subquery().label("verified"),
            mailed.label("mailed"),
        ).where(which)
    )
    row = rows.first()
    # Without a verified address, an invitation is hidden by id. A token reveals that it exists anyway.
    is_recipient = row is not None and row.verified is not None and (row.verified or token is not None)
    invitation = await lock_invitation(work, row.family_id, which) if row and is_recipient else None
    if row is None or invitation is None:
        raise refused(ErrorCode.NOT_FOUND, "No such invitation for your e-mail address exists.", path)
    if row.mailed:
        await verify_address(work, user_id=viewer.id)
    elif not row.verified:
        message = "Verify your e-mail address first, or use the link in the invitation's e-mail."
        raise refused(ErrorCode.EMAIL_NOT_VERIFIED, message, path)
    if invitation.status is not FamilyInvitationStatus.PENDING:
        raise already_processed(invitation, path)
    if invitation.expires_at <= now():
        raise refused(ErrorCode.EXPIRED, "This invitation has expired. Ask the inviter for a new one.", path)
    return invitation, path
