"""Creates, renews, revokes, accepts and declines invitations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, false, func, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.core.emails import valid_email
from infocus_graphql.core.errors import ErrorCode, Problems, Refused, not_found, refused
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit, UnitOfWork
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
from infocus_graphql.domains.families.reads import has_token
from infocus_graphql.domains.families.writes.locking import forbidden, load_family, lock_family, membership_of
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import verify_address
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


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that can be accepted. `proves_address` is true for the token sent by e-mail."""

    proves_address: bool


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
        .options(*_with_hashes())
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
    _note(work, viewer, AuditAction.INVITATION_REVOKED, invitation)
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
    _note(work, viewer, AuditAction.INVITATION_ACCEPTED, invitation)
    await work.session.flush()
    return Changed(invitation.id, invitation.family_id, membership.id)


async def decline_family_invitation(
    work: UnitOfWork, viewer: Viewer, *, invitation_id: str | None = None, token: str | None = None
) -> Changed:
    """Declines an invitation to the viewer's verified address, by its id or token."""
    invitation, _ = await _received(work, viewer, invitation_id, token)
    invitation.status = FamilyInvitationStatus.DECLINED
    _note(work, viewer, AuditAction.INVITATION_DECLINED, invitation)
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
    invitation = await _under_lock(work, family_id, FamilyInvitation.id == invitation_id)
    if invitation is None:
        raise not_found("invitation", "id")
    actor = await membership_of(work, invitation.family_id, viewer.id)
    if actor is None or not policy.can_administer(actor.role):
        raise forbidden("Only admins and the owner of the family can do this.", FamilyRole.ADMIN, "id")
    if invitation.status is not FamilyInvitationStatus.PENDING:
        raise _processed(invitation, "id")
    return invitation


def _same(candidates: Sequence[str], stored: str | None) -> str:
    """Returns the token whose hash is stored (by an older key, perhaps), else the token of the newest key."""
    return next((each for each in candidates if token_hash(each) == stored), candidates[0])


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
    invitation = await _under_lock(work, row.family_id, which) if row and is_recipient else None
    if row is None or invitation is None:
        raise refused(ErrorCode.NOT_FOUND, "No such invitation for your e-mail address exists.", path)
    if row.mailed:
        await verify_address(work, user_id=viewer.id)
    elif not row.verified:
        message = "Verify your e-mail address first, or use the link in the invitation's e-mail."
        raise refused(ErrorCode.EMAIL_NOT_VERIFIED, message, path)
    if invitation.status is not FamilyInvitationStatus.PENDING:
        raise _processed(invitation, path)
    if invitation.expires_at <= now():
        raise refused(ErrorCode.EXPIRED, "This invitation has expired. Ask the inviter for a new one.", path)
    return invitation, path


async def _under_lock(
    work: UnitOfWork, family_id: str | None, condition: ColumnElement[bool]
) -> FamilyInvitation | None:
    """Locks the family, then reads the invitation again: a concurrent transaction may have changed it."""
    if family_id is None or await lock_family(work, family_id) is None:
        return None
    return await work.session.scalar(select(FamilyInvitation).where(condition).options(*_with_hashes()))


def _note(work: UnitOfWork, viewer: Viewer, action: AuditAction, invitation: FamilyInvitation) -> None:
    audit(work, action, actor=viewer.id, family=invitation.family_id, object_id=invitation.id)


def _processed(invitation: FamilyInvitation, path: str) -> Refused:
    message = f"This invitation was {invitation.status.value} before."
    return refused(ErrorCode.ALREADY_PROCESSED, message, path)


def _with_hashes() -> tuple[Any, ...]:
    # A function and not a constant: creating loader options configures all mappers, whose modules may not
    # be imported yet when this module is.
    return undefer(FamilyInvitation.token_hash), undefer(FamilyInvitation.mail_token_hash)
