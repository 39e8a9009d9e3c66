"""Invitations: making and renewing them, revoking, accepting and declining."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select

from infocus_graphql.core.clock import now
from infocus_graphql.core.emails import valid_email
from infocus_graphql.core.errors import ErrorCode, Refused, not_found, refused
from infocus_graphql.core.tokens import random_token, token_hash
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.visibility import sql_viewer, visible
from infocus_graphql.domains.accounts.models import User
from infocus_graphql.domains.accounts.writes import verify_address
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.families import policy
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyMembership,
    FamilyRole,
    InvitationStatus,
)
from infocus_graphql.domains.families.reads import has_token
from infocus_graphql.domains.families.writes.facts import facts_of, locked_family, membership_of, not_allowed
from infocus_graphql.mail.letters import family_invitation
from infocus_graphql.mail.links import Links
from infocus_graphql.mail.outbox import post

LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Issued:
    """An invitation and its token, which is shown this once, to the inviter."""

    invitation_id: str
    token: str


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that can be accepted; `proves_address` when its token came with the mail."""

    proves_address: bool


async def invite_to_family(
    work: UnitOfWork, viewer: Viewer, *, family_id: str, email: str, links: Links | None
) -> Issued:
    """Admins and the owner invite by e-mail. Inviting an invited address renews the pending invitation.

    Without `links` no mail is sent; the inviter has to bring them the token.
    """
    facts = await facts_of(work, viewer, family_id, "familyId")
    if not policy.can_administer(facts.actor.role):
        raise not_allowed("Only admins and the owner can invite.", FamilyRole.ADMIN, "familyId")
    address = valid_email(email, "email")
    member_id = await work.session.scalar(
        select(FamilyMembership.id)
        .join(User, User.id == FamilyMembership.user_id)
        .where(FamilyMembership.family_id == family_id, func.lower(User.email) == address)
    )
    if member_id is not None:
        raise refused(
            ErrorCode.ALREADY_EXISTS, "They are in this family already.", "email", existing_id=member_id
        )
    # The family is locked, so nobody else can make the pending invitation in between.
    pending = await work.session.scalar(
        select(FamilyInvitation).where(
            FamilyInvitation.family_id == family_id,
            FamilyInvitation.email == address,
            FamilyInvitation.status == InvitationStatus.PENDING,
        )
    )
    if pending is None:
        pending = FamilyInvitation(family_id=family_id, email=address)
        work.session.add(pending)
    pending.invited_by_id = viewer.id
    return await _renew(work, viewer, pending, links)


async def resend_family_invitation(
    work: UnitOfWork, viewer: Viewer, *, invitation_id: str, links: Links | None
) -> Issued:
    """Admins and the owner renew a pending invitation, even an expired one. The old tokens end."""
    return await _renew(work, viewer, await _administered(work, viewer, invitation_id), links)


async def revoke_family_invitation(work: UnitOfWork, viewer: Viewer, *, invitation_id: str) -> str:
    """Admins and the owner take a pending invitation back."""
    invitation = await _administered(work, viewer, invitation_id)
    invitation.status = InvitationStatus.REVOKED
    _note(work, viewer, AuditAction.INVITATION_REVOKED, invitation)
    return invitation.id


async def accept_family_invitation(work: UnitOfWork, viewer: Viewer, *, token: str) -> str:
    """The invited person joins as a member. The token is not enough: the address has to be theirs.

    The token from the mail proves that it is, and is remembered to have done so.
    """
    invitation = await _received(work, viewer, token)
    member_id = await work.session.scalar(
        select(FamilyMembership.id).filter_by(family_id=invitation.family_id, user_id=viewer.id)
    )
    if member_id is not None:
        raise refused(
            ErrorCode.ALREADY_EXISTS, "You are in this family already.", "token", existing_id=member_id
        )
    membership = FamilyMembership(family_id=invitation.family_id, user_id=viewer.id, role=FamilyRole.MEMBER)
    work.session.add(membership)
    invitation.status, invitation.accepted_at = InvitationStatus.ACCEPTED, now()
    _note(work, viewer, AuditAction.INVITATION_ACCEPTED, invitation)
    await work.session.flush()
    return membership.id


async def decline_family_invitation(work: UnitOfWork, viewer: Viewer, *, token: str) -> str:
    """The invited person says no."""
    invitation = await _received(work, viewer, token)
    invitation.status = InvitationStatus.DECLINED
    _note(work, viewer, AuditAction.INVITATION_DECLINED, invitation)
    return invitation.id


async def open_invitation(work: UnitOfWork, *, email: str, token: str) -> OpenInvitation | None:
    """The invitation of this token, if it went to this address and can still be accepted."""
    found = await work.session.execute(
        select(FamilyInvitation.mail_token_hash == token_hash(token)).where(
            has_token(token),
            FamilyInvitation.email == email,
            FamilyInvitation.status == InvitationStatus.PENDING,
            FamilyInvitation.expires_at > now(),
        )
    )
    proof = found.first()
    return None if proof is None else OpenInvitation(proves_address=bool(proof[0]))


async def _renew(
    work: UnitOfWork, viewer: Viewer, invitation: FamilyInvitation, links: Links | None
) -> Issued:
    """New tokens and seven more days. What the inviter gets to see is not what the mail brings."""
    token, mailed = random_token(), random_token()
    invitation.token_hash, invitation.expires_at = token_hash(token), now() + LIFETIME
    invitation.mail_token_hash = token_hash(mailed) if links else None
    await work.session.flush()
    _note(work, viewer, AuditAction.INVITATION_SENT, invitation)
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
    return Issued(invitation.id, token)


async def _administered(work: UnitOfWork, viewer: Viewer, invitation_id: str) -> FamilyInvitation:
    """The pending invitation, if the viewer is an admin or the owner of its family.

    Who doesn't see it, plain members among them, gets the answer for an unknown one; the invited person
    sees it, but may only accept or decline.
    """
    seen = visible(FamilyInvitation, sql_viewer(viewer))
    family_id = await work.session.scalar(
        select(FamilyInvitation.family_id).where(FamilyInvitation.id == invitation_id, seen)
    )
    invitation = await _under_lock(work, family_id, FamilyInvitation.id == invitation_id)
    if invitation is None:
        raise not_found("invitation", "id")
    actor = await membership_of(work, invitation.family_id, viewer.id)
    if actor is None or not policy.can_administer(actor.role):
        raise not_allowed("Only the family's admins and owner can do this.", FamilyRole.ADMIN, "id")
    if invitation.status is not InvitationStatus.PENDING:
        raise _processed(invitation, "id")
    return invitation


async def _received(work: UnitOfWork, viewer: Viewer, token: str) -> FamilyInvitation:
    """The pending invitation of this token, if it went to the viewer's address and is still good.

    Somebody else's token is answered like an unknown one. An address that nobody has proved is not enough,
    or anybody could register with it: it takes a confirmation, or the token that came by mail.
    """
    person = select(User.email_verified_at.is_not(None)).where(
        User.id == viewer.id, func.lower(User.email) == FamilyInvitation.email
    )
    found = await work.session.execute(
        select(
            FamilyInvitation.family_id,
            person.scalar_subquery().label("verified"),
            (FamilyInvitation.mail_token_hash == token_hash(token)).label("mailed"),
        ).where(has_token(token))
    )
    of_token = found.first()
    mine = of_token is not None and of_token.verified is not None
    invitation = await _under_lock(work, of_token.family_id, has_token(token)) if of_token and mine else None
    if of_token is None or invitation is None:
        raise not_found("invitation for your e-mail address", "token")
    if of_token.mailed:
        await verify_address(work, user_id=viewer.id)
    elif not of_token.verified:
        message = "Confirm your e-mail address first, or use the link in the invitation's mail."
        raise refused(ErrorCode.EMAIL_NOT_VERIFIED, message, "token")
    if invitation.status is not InvitationStatus.PENDING:
        raise _processed(invitation, "token")
    if invitation.expires_at <= now():
        raise refused(ErrorCode.EXPIRED, "This invitation has expired: ask for a new one.", "token")
    return invitation


async def _under_lock(
    work: UnitOfWork, family_id: str | None, condition: ColumnElement[bool]
) -> FamilyInvitation | None:
    """The invitation, read again once its family is locked: another transaction may have changed it."""
    if family_id is None or await locked_family(work, family_id) is None:
        return None
    return await work.session.scalar(select(FamilyInvitation).where(condition))


def _note(work: UnitOfWork, viewer: Viewer, action: AuditAction, invitation: FamilyInvitation) -> None:
    audit(work, action, actor=viewer.id, family=invitation.family_id, object_id=invitation.id)


def _processed(invitation: FamilyInvitation, path: str) -> Refused:
    message = f"This invitation was {invitation.status.value} already."
    return refused(ErrorCode.ALREADY_PROCESSED, message, path)
