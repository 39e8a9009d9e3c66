"""Registration: creates the account at once, or when the link in the e-mail is opened."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.families.writes.invitation_replies import open_invitation
from infocus_graphql.domains.identity.sessions.writes import IssuedSession, Lifetimes, open_session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import create_user
from infocus_graphql.domains.registration.models import EmailPurpose, EmailToken
from infocus_graphql.domains.registration.writes import addresses, tokens
from infocus_graphql.jobs.queue import enqueue
from infocus_graphql.mail import templates
from infocus_graphql.mail.links import Links
from infocus_graphql.mail.outbox import post
from infocus_graphql.settings import Registration

_CONFIRMS: Final = (EmailPurpose.REGISTRATION, EmailPurpose.VERIFICATION)


@dataclass(frozen=True, slots=True)
class SessionParameters:
    """Parameters of the session to open: lifetimes, device name and network of the client."""

    lifetimes: Lifetimes
    name: str | None
    ip_prefix: str | None


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """The data of a registration."""

    email: str
    name: str | None
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegistrationDecision:
    """Whether a registration creates the account at once, or needs a confirmation by e-mail.

    `proved` says that the e-mail address counts as verified.
    """

    immediate: bool
    proved: bool


async def decide_registration(
    unit: ReadUnit, viewer: Viewer, *, mode: Registration, email: str, invitation: str | None, mails: bool
) -> RegistrationDecision:
    """Decides how a registration proceeds; raises if it is not permitted.

    The decision depends only on the mode and the invitation, never on whether the address has an account. An
    invitation token sent by e-mail verifies the address; the token returned to the inviter doesn't. On
    servers that send no e-mails, every address counts as verified.
    """
    if mode is Registration.CLOSED:
        raise refused(ErrorCode.NOT_AVAILABLE, "Registration is closed on this server.")
    invited = None
    if invitation is not None:
        invited = await open_invitation(unit, email=email, token=invitation)
        if invited is None:
            message = "No open invitation has this token and this e-mail address."
            raise refused(ErrorCode.NOT_FOUND, message, "invitationToken")
    elif mode is Registration.INVITE:
        message = "Registration on this server needs an invitation to a family."
        raise refused(ErrorCode.REQUIRED, message, "invitationToken")
    proved = not mails or (invited is not None and invited.proves_address)
    return RegistrationDecision(immediate=proved or mode is Registration.OPEN, proved=proved)


async def register(
    work: UnitOfWork,
    viewer: Viewer,
    request: RegistrationRequest,
    *,
    mode: Registration,
    invitation: str | None,
    device: SessionParameters,
    links: Links | None,
) -> IssuedSession | None:
    """Creates an account and opens its first session, if `decide_registration` permits it.

    If the address must be verified first, stores the registration until its link is opened, and returns
    None.
    """
    decided = await decide_registration(
        work, viewer, mode=mode, email=request.email, invitation=invitation, mails=links is not None
    )
    if decided.immediate:
        return await create_account(work, viewer, request, proved=decided.proved, device=device, links=links)
    await start_confirmation(work, viewer, request)
    return None


async def create_account(
    work: UnitOfWork,
    viewer: Viewer,
    request: RegistrationRequest,
    *,
    proved: bool,
    device: SessionParameters,
    links: Links | None,
) -> IssuedSession:
    """Creates an account and opens its first session. ALREADY_EXISTS if the address has an account.

    Mails a verification link unless the address is proved or `links` is None.
    """
    user = await create_user(
        work, email=request.email, password_hash=request.password_hash, name=request.name, verified=proved
    )
    if not proved and links:
        await addresses.mail_verification(work, user, links)
    return await _signed_in(work, viewer, user, device)


async def start_confirmation(work: UnitOfWork, viewer: Viewer, request: RegistrationRequest) -> None:
    """Stores a registration until its link is opened.

    The work is the same for every address, so that timing reveals nothing; a job selects the e-mail to send.
    """
    row = await tokens.prepare(
        work,
        EmailPurpose.REGISTRATION,
        email=request.email,
        name=request.name,
        password_hash=request.password_hash,
    )
    await enqueue(work, tokens.MAIL_CONFIRMATION, {"id": row.id})


async def mail_confirmation(work: UnitOfWork, *, token_id: str, links: Links) -> None:
    """Sends the e-mail of a pending registration or address change. Idempotent.

    If the address has an account, the e-mail says so and the pending row is discarded: only the owner of the
    mailbox learns that the account exists.
    """
    row = await work.session.scalar(
        select(EmailToken)
        .where(EmailToken.id == token_id, EmailToken.token_hash.is_(None), EmailToken.used_at.is_(None))
        .options(undefer(EmailToken.email), undefer(EmailToken.name))
        .with_for_update()
    )
    if row is None:
        return
    user = await work.session.scalar(select(User).where(func.lower(User.email) == row.email))
    if not await tokens.within_mail_quota(work, row.email, but=row.id):
        await work.session.delete(row)
    elif not await tokens.counts(work, row):
        tokens.discard(row)
    elif user is not None:
        await post(
            work,
            templates.account_exists(
                row.email, name=user.name, sign_in_link=links.sign_in, reset_link=links.forgotten_password
            ),
        )
        tokens.discard(row)
    else:
        await addresses.mail_link(work, row, links)


async def check_token(unit: ReadUnit, viewer: Viewer, *, token: str) -> None:
    """Raises the error of `find_valid_token` for a token that `confirm` would reject."""
    await tokens.find_valid_token(unit, token, *_CONFIRMS)


async def confirm(
    work: UnitOfWork, viewer: Viewer, *, token: str, device: SessionParameters
) -> tuple[str | None, IssuedSession | None]:
    """Completes a registration or verifies an address. Returns the user's id and the new session, if any.

    A registration creates the account and opens a session. A link for an existing account verifies its
    address and opens no session.
    """
    row = await tokens.lock_valid_token(work, token, *_CONFIRMS)
    if row.user_id is not None:
        await addresses.confirm_address(work, row)
        return row.user_id, None
    if await work.session.scalar(select(User.id).where(func.lower(User.email) == row.email)):
        raise refused(ErrorCode.ALREADY_EXISTS, "A user with this e-mail address already exists.", "token")
    user = await create_user(
        work, email=row.email, password_hash=row.password_hash or "", name=row.name, verified=True
    )
    await tokens.consume(work, row)
    return user.id, await _signed_in(work, viewer, user, device)


async def _signed_in(
    work: UnitOfWork, viewer: Viewer, user: User, device: SessionParameters
) -> IssuedSession:
    return await open_session(
        work,
        viewer,
        user_id=user.id,
        is_staff=False,
        lifetimes=device.lifetimes,
        device=device.name,
        ip_prefix=device.ip_prefix,
    )
