"""Passkeys: asking for one, adding it, signing in and proving oneself by it, renaming and removing it."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, not_found, refused
from infocus_graphql.core.text import validated_text
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.mfa.writes import record_step_up
from infocus_graphql.domains.identity.passkeys.models import (
    MAX_NAME,
    MAX_PASSKEYS,
    MAX_PUBLIC_KEY,
    Passkey,
    PasskeyChallenge,
    PasskeyPurpose,
    PasskeyTransport,
)
from infocus_graphql.domains.identity.sessions.writes import IssuedSession, Lifetimes, open_session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import end_mailed_links, notify_user
from infocus_graphql.mail import security_notifications as notices
from infocus_graphql.security.access_tokens import token_hash
from infocus_graphql.security.webauthn_responses import (
    AssertionResult,
    CredentialResponse,
    RegisteredCredential,
    WebAuthnUser,
)

CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
# As browsers spell them.
_TRANSPORTS: Final = {each.value.replace("_", "-"): each for each in PasskeyTransport}
_SPELLINGS: Final = {each: spelling for spelling, each in _TRANSPORTS.items()}


@dataclass(frozen=True, slots=True)
class AuthenticationChallenge:
    """What a browser is asked: to sign the challenge, by one of the known passkeys or by any."""

    challenge: bytes
    known: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class RegistrationChallenge(AuthenticationChallenge):
    """What a browser is asked for a new passkey: whose it is, and that it be none of the known ones."""

    owner: WebAuthnUser


@dataclass(frozen=True, slots=True)
class MatchedPasskey:
    """A passkey that somebody claims to have used."""

    id: str
    user_id: str
    public_key: str


async def start_registration(work: UnitOfWork, viewer: Viewer) -> RegistrationChallenge:
    """A challenge for a new passkey of the viewer's."""
    user = await work.session.scalar(select(User).where(User.id == viewer.id).options(undefer(User.email)))
    if user is None:
        raise not_found("account")
    known = await _known(work, user.id)
    _check_number(len(known))
    owner = WebAuthnUser(user.id, user.email, user.name or user.email)
    return RegistrationChallenge(_challenge(work, viewer, PasskeyPurpose.ADDING), known, owner)


async def start_sign_in(work: UnitOfWork, viewer: Viewer) -> AuthenticationChallenge:
    """A challenge for whoever has a passkey: nothing in it depends on anybody."""
    return AuthenticationChallenge(_challenge(work, None, PasskeyPurpose.SIGNING_IN), {})


async def start_verification(work: UnitOfWork, viewer: Viewer) -> AuthenticationChallenge:
    """A challenge for the passkeys that the viewer has; refuses who has none."""
    known = await _known(work, viewer.id)
    if not known:
        raise refused(ErrorCode.NOT_FOUND, "You have no passkeys.")
    return AuthenticationChallenge(_challenge(work, viewer, PasskeyPurpose.PROVING), known)


async def consume_challenge(
    work: UnitOfWork, viewer: Viewer, *, purpose: PasskeyPurpose, answer: CredentialResponse
) -> bool:
    """Uses up the challenge that was answered; whether it was a good one, for this purpose and this viewer.

    It has to be committed whatever comes of the answer, so this is a transaction of its own.
    """
    asker = None if purpose is PasskeyPurpose.SIGNING_IN else viewer
    return await _spend(work, asker, purpose, answer)


async def consume_challenge_and_find(
    work: UnitOfWork, viewer: Viewer, *, purpose: PasskeyPurpose, answer: CredentialResponse
) -> tuple[bool, MatchedPasskey | None]:
    """The same for a passkey that was used, and which passkey that is, if it is known."""
    good = await consume_challenge(work, viewer, purpose=purpose, answer=answer)
    found = (
        await work.session.execute(
            select(Passkey.id, Passkey.user_id, Passkey.public_key).where(Passkey.credential_id == answer.id)
        )
    ).first()
    return good, None if found is None else MatchedPasskey(found.id, found.user_id, found.public_key)


async def add(work: UnitOfWork, viewer: Viewer, *, name: str, key: RegisteredCredential) -> str:
    """Keeps a new passkey of the viewer's, and tells them by mail. One that is known is a conflict."""
    if len(key.public_key) > MAX_PUBLIC_KEY:
        raise refused(ErrorCode.INVALID, "The public key of this passkey is too large.", "credential")
    # The person's row is the lock under which their passkeys are counted.
    person = select(User.id).where(User.id == viewer.id).with_for_update()
    if await work.session.scalar(person) is None:
        raise not_found("account")
    await end_mailed_links(work, viewer.id)
    there = await work.session.scalar(select(func.count()).where(Passkey.user_id == viewer.id))
    _check_number(there or 0)
    passkey = Passkey(
        user_id=viewer.id,
        name=name,
        credential_id=key.id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        backup_eligible=key.backup_eligible,
        backed_up=key.backed_up,
        transports=[each for name, each in _TRANSPORTS.items() if name in key.transports],
    )
    work.session.add(passkey)
    await work.session.flush()
    audit(work, AuditAction.PASSKEY_ADDED, actor=viewer.id, object_id=passkey.id)
    await notify_user(work, viewer.id, partial(notices.passkey_was_added, passkey=name))
    return passkey.id


async def sign_in(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    passkey: MatchedPasskey,
    use: AssertionResult,
    lifetimes: Lifetimes,
    device: str | None,
    ip_prefix: str | None,
) -> IssuedSession | None:
    """A session for who has used their passkey, which was checked; None if it can't be good nevertheless.

    It is something they have, unlocked by what they know or are: two factors, so no code is asked for.
    """
    if not await _note_use(work, passkey, use):
        return None
    found = select(User).where(User.id == passkey.user_id).options(undefer(User.is_staff))
    user = (await work.session.scalars(found)).one()
    opened = await open_session(
        work,
        viewer,
        user_id=user.id,
        is_staff=user.is_staff,
        lifetimes=lifetimes,
        device=device,
        ip_prefix=ip_prefix,
        method="passkey",
    )
    await record_step_up(work, opened.session_id)
    return opened


async def verify_step_up(
    work: UnitOfWork, viewer: Viewer, *, passkey: MatchedPasskey, use: AssertionResult
) -> bool:
    """Notes that the viewer has their passkey at hand, as a code would; False if it can't be good."""
    if not await _note_use(work, passkey, use):
        return False
    await record_step_up(work, viewer.session_id)
    return True


async def rename(work: UnitOfWork, viewer: Viewer, *, passkey_id: str, name: str) -> str:
    """Gives a passkey of the viewer's another name."""
    own = update(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == viewer.id)
    renamed: str | None = await work.session.scalar(own.values(name=name).returning(Passkey.id))
    if renamed is None:
        raise not_found("passkey", "id")
    return renamed


async def require_own(work: UnitOfWork, viewer: Viewer, *, passkey_id: str) -> None:
    """Refuses a passkey that is not the viewer's, before anything else is asked of them."""
    own = select(Passkey.id).where(Passkey.id == passkey_id, Passkey.user_id == viewer.id)
    if await work.session.scalar(own) is None:
        raise not_found("passkey", "id")


async def remove(work: UnitOfWork, viewer: Viewer, *, passkey_id: str) -> str:
    """Deletes a passkey of the viewer's. The password, which everybody has, still opens the account."""
    await end_mailed_links(work, viewer.id)
    own = delete(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == viewer.id)
    removed = await work.session.scalar(own.returning(Passkey.name))
    if removed is None:
        raise not_found("passkey", "id")
    audit(work, AuditAction.PASSKEY_REMOVED, actor=viewer.id, object_id=passkey_id)
    await notify_user(work, viewer.id, partial(notices.passkey_was_removed, passkey=removed))
    return passkey_id


def validate_name(name: str) -> str:
    """A name for a passkey, without the blanks around it."""
    return validated_text(name, "name", maximum=MAX_NAME)


async def _spend(
    work: UnitOfWork, asker: Viewer | None, purpose: PasskeyPurpose, answer: CredentialResponse
) -> bool:
    spent = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == token_hash(answer.challenge),
        PasskeyChallenge.purpose == purpose,
        PasskeyChallenge.user_id.is_not_distinct_from(asker.id if asker else None),
        PasskeyChallenge.session_id.is_not_distinct_from(asker.session_id if asker else None),
    )
    # Of several that come at a time, one gets the row.
    expires_at = await work.session.scalar(spent.returning(PasskeyChallenge.expires_at))
    return expires_at is not None and expires_at > now()


async def _note_use(work: UnitOfWork, passkey: MatchedPasskey, use: AssertionResult) -> bool:
    """Notes when and how a passkey was used; False for one that is gone, or can't be the one we know.

    A counter that did not go on is the sign of a copy. That is noted, and the person told, so it must be
    committed: it is returned and not raised.
    """
    row = await work.session.scalar(select(Passkey).where(Passkey.id == passkey.id).with_for_update())
    if row is None or row.backup_eligible is not use.backup_eligible:
        return False
    if (use.sign_count or row.sign_count) and use.sign_count <= row.sign_count:
        audit(work, AuditAction.PASSKEY_REFUSED, actor=None, person=row.user_id, object_id=row.id)
        await notify_user(work, row.user_id, partial(notices.passkey_was_refused, passkey=row.name))
        return False
    row.sign_count, row.backed_up, row.last_used_at = use.sign_count, use.backed_up, now()
    return True


async def _known(work: UnitOfWork, user_id: str | None) -> dict[str, Sequence[str]]:
    """The ids of a person's passkeys, each with its transports."""
    found = select(Passkey.credential_id, Passkey.transports).where(Passkey.user_id == user_id)
    rows = await work.session.execute(found.order_by(Passkey.created_at, Passkey.id))
    return {row.credential_id: [_SPELLINGS[each] for each in row.transports] for row in rows}


def _challenge(work: UnitOfWork, asker: Viewer | None, purpose: PasskeyPurpose) -> bytes:
    """256 random bits to be signed, and the note of who may answer with them, and for what."""
    challenge = secrets.token_bytes(32)
    text = urlsafe_b64encode(challenge).decode().rstrip("=")
    work.session.add(
        PasskeyChallenge(
            purpose=purpose,
            challenge_hash=token_hash(text),
            user_id=asker.id if asker else None,
            session_id=asker.session_id if asker else None,
            expires_at=now() + CHALLENGE_LIFETIME,
        )
    )
    return challenge


def _check_number(there: int) -> None:
    if there >= MAX_PASSKEYS:
        message = f"You have {MAX_PASSKEYS} passkeys, which is the maximum. Remove one first."
        raise refused(ErrorCode.LIMIT_REACHED, message)
