"""Creates, renews and revokes invitations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from sqlalchemy import func, select, update

from infocus_graphql.core.clock import now
from infocus_graphql.core.emails import valid_email
from infocus_graphql.core.errors import ErrorCode, Problems, Refused, not_found, refused
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.visibility import sql_viewer, visible
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.families import policy
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyInvitationStatus,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.families.writes.locking import (
    forbidden,
    load_family,
    lock_invitation,
    membership_of,
    with_hashes,
)
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.mail.links import Links
from infocus_graphql.mail.outbox import post
from infocus_graphql.mail.templates import family_invitation
from infocus_graphql.security.access_tokens import token_hash

LIFETIME = timedelta(days=7)
# The signature of `AccessTokens.derived`: derives secrets from a purpose and a text, one per signing key.
Derive: TypeAlias = Callable[[str, str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """A pending invitation and its token, which is returned to the inviter only."""

    invitation_id: str
    family_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Changed:
    """The ids of an accepted, declined or revoked invitation and of its family.

    `membership_id` is the id of the new membership if the invitation was accepted.
    """

    invitation_id: str
    family_id: str
    membership_id: str | None = None


async def invite_to_family(
    work: UnitOfWork, viewer: Viewer, *, family_id: str, email: str, derive: Derive, links: Links | None
) -> IssuedInvitation:
    """Invites an e-mail address, or renews its pending invitation; for admins and the owner.

    A pending invitation keeps its tokens, so that links sent earlier stay valid.
    Without `links` no e-mail is sent; the inviter has to pass the token on.
    """
    with Problems() as problems:
        address = problems.of(valid_email, email, "email")
        facts = await load_family(work, viewer, family_id, "familyId")
        if not policy.can_administer(facts.actor.role):
            raise forbidden("Only admins and the owner can invite.", FamilyRole.ADMIN, "familyId")
    member_id = await work.session.scalar(
        select(FamilyMembership.id)
        .join(User, User.id == FamilyMembership.user_id)
        .where(FamilyMembership.family_id == family_id, func.lower(User.email) == address)
    )
    if member_id is not None:
        raise refused(
            ErrorCode.ALREADY_EXISTS,
            "A user with this e-mail address is already in this family.",
            "email",
            existing_id=member_id,
        )
    # The family is locked, so no concurrent transaction can insert a pending invitation in between.
    pending = await work.session.scalar(
        select(FamilyInvitation)
        .where(
            FamilyInvitation.family_id == family_id,
            FamilyInvitation.email == address,
            FamilyInvitation.status == FamilyInvitationStatus.PENDING,
        )
        .options(*with_hashes())
    )
    if pending is None:
        pending = FamilyInvitation(
            id=new_id("fi"), family_id=family_id, email=address, token_hash="", mail_token_hash=None
        )
        work.session.add(pending)
    return await _renew(work, viewer, pending, derive, links)


async def resend_family_invitation(
    work: UnitOfWork, viewer: Viewer, *, invitation_id: str, derive: Derive, links: Links | None
) -> IssuedInvitation:
    """Renews a pending invitation, even an expired one; for admins and the owner. The tokens don't change."""
    return await _renew(work, viewer, await _administered(work, viewer, invitation_id), derive, links)


async def revoke_family_invitation(work: UnitOfWork, viewer: Viewer, *, invitation_id: str) -> Changed:
    """Revokes a pending invitation; for admins and the owner."""
    invitation = await _administered(work, viewer, invitation_id)
    invitation.status = FamilyInvitationStatus.REVOKED
    note_invitation(work, viewer, AuditAction.INVITATION_REVOKED, invitation)
    return Changed(invitation.id, invitation.family_id)


async def revoke_invitations_of(
    work: UnitOfWork, *, family_id: str, user_id: str | None, actor: str | None
) -> None:
    """Revokes the pending invitations sent by a user who is no longer an admin or the owner.

    The caller must have locked the family.
    """
    pending = (
        FamilyInvitation.family_id == family_id,
        FamilyInvitation.invited_by_id == user_id,
        FamilyInvitation.status == FamilyInvitationStatus.PENDING,
    )
    revoked = update(FamilyInvitation).where(*pending).values(status=FamilyInvitationStatus.REVOKED)
    for invitation_id in await work.session.scalars(revoked.returning(FamilyInvitation.id)):
        audit(work, AuditAction.INVITATION_REVOKED, actor=actor, family=family_id, object_id=invitation_id)


async def _renew(
    work: UnitOfWork, viewer: Viewer, invitation: FamilyInvitation, derive: Derive, links: Links | None
) -> IssuedInvitation:
    """Extends an invitation by seven days, with the viewer as inviter, and sends the e-mail.

    The inviter's token and the token in the e-mail differ. Both are derived from the invitation's id, so that
    they can be sent again although only their hashes are stored.
    """
    token = _same(derive("invitation", invitation.id), invitation.token_hash)
    mailed = _same(derive("mailed invitation", invitation.id), invitation.mail_token_hash)
    invitation.invited_by_id, invitation.expires_at = viewer.id, now() + LIFETIME
    invitation.token_hash = token_hash(token)
    if links:
        invitation.mail_token_hash = token_hash(mailed)
    await work.session.flush()
    note_invitation(work, viewer, AuditAction.INVITATION_SENT, invitation)
    if links:
        family = await work.session.scalar(select(Family.name).where(Family.id == invitation.family_id))
        inviter = await work.session.scalar(select(User.name).where(User.id == viewer.id))
        letter = family_invitation(
            invitation.email,
            inviter=inviter,
            family=family or "",
            link=links.invitation(mailed),
            valid_for=LIFETIME,
        )
        await post(work, letter, about=viewer.id)
    return IssuedInvitation(invitation.id, invitation.family_id, token)


async def _administered(work: UnitOfWork, viewer: Viewer, invitation_id: str) -> FamilyInvitation:
    """Returns the pending invitation if the viewer is an admin or the owner of its family.

    Viewers who can't see it, such as plain members, get NOT_FOUND. The invited user can see it but gets
    FORBIDDEN.
    """
    is_visible = visible(FamilyInvitation, sql_viewer(viewer))
    family_id = await work.session.scalar(
        select(FamilyInvitation.family_id).where(FamilyInvitation.id == invitation_id, is_visible)
    )
    invitation = await lock_invitation(work, family_id, FamilyInvitation.id == invitation_id)
    if invitation is None:
        raise not_found("invitation", "id")
    actor = await membership_of(work, invitation.family_id, viewer.id)
    if actor is None or not policy.can_administer(actor.role):
        raise forbidden("Only admins and the owner of the family can do this.", FamilyRole.ADMIN, "id")
    if invitation.status is not FamilyInvitationStatus.PENDING:
        raise already_processed(invitation, "id")
    return invitation


def _same(candidates: Sequence[str], stored: str | None) -> str:
    """Returns the token whose hash is stored (by an older key, perhaps), else the token of the newest key."""
    return next((each for each in candidates if token_hash(each) == stored), candidates[0])


def note_invitation(
    work: UnitOfWork, viewer: Viewer, action: AuditAction, invitation: FamilyInvitation
) -> None:
    """Writes an event about an invitation to the audit log."""
    audit(work, action, actor=viewer.id, family=invitation.family_id, object_id=invitation.id)


def already_processed(invitation: FamilyInvitation, path: str) -> Refused:
    """Returns the error for an invitation that is no longer pending."""
    message = f"This invitation was {invitation.status.value} before."
    return refused(ErrorCode.ALREADY_PROCESSED, message, path)
