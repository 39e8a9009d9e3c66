"""Use cases of passkeys: challenges, registration, sign-in, verification, renaming and removal."""

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
from infocus_graphql.core.errors import ErrorCode, Refused, not_found, refused
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
from infocus_graphql.domains.identity.passkeys.reads import MatchedPasskey
from infocus_graphql.domains.identity.sessions.writes import (
    IssuedSession,
    Lifetimes,
    open_session,
    reject_sign_in,
)
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import end_mailed_links, notify_user
from infocus_graphql.mail import security_notifications
from infocus_graphql.security.access_tokens import token_hash
from infocus_graphql.security.webauthn_responses import (
    AssertionResult,
    CredentialResponse,
    RegisteredCredential,
    WebAuthnUser,
)

CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
# Transports by their WebAuthn names, such as `smart-card`, and the reverse.
_TRANSPORTS: Final = {each.value.replace("_", "-"): each for each in PasskeyTransport}
_SPELLINGS: Final = {each: spelling for spelling, each in _TRANSPORTS.items()}


@dataclass(frozen=True, slots=True)
class AuthenticationChallenge:
    """A challenge to sign with one of the `registered` passkeys, or with any if `registered` is empty.

    `registered` maps credential ids to transports.
    """

    challenge: bytes
    registered: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class RegistrationChallenge(AuthenticationChallenge):
    """A challenge for a new passkey of `owner`; the `registered` passkeys are excluded."""

    owner: WebAuthnUser


async def start_registration(work: UnitOfWork, viewer: Viewer) -> RegistrationChallenge:
    """Creates a challenge for a new passkey of the viewer. LIMIT_REACHED if they have `MAX_PASSKEYS`."""
    user = await work.session.scalar(select(User).where(User.id == viewer.id).options(undefer(User.email)))
    if user is None:
        raise not_found("account")
    passkeys = await _registered_passkeys(work, user.id)
    _check_number(len(passkeys))
    owner = WebAuthnUser(user.id, user.email, user.name or user.email)
    return RegistrationChallenge(_challenge(work, viewer, PasskeyPurpose.ADDING), passkeys, owner)


async def start_sign_in(work: UnitOfWork, viewer: Viewer) -> AuthenticationChallenge:
    """Creates a sign-in challenge. It depends on no user, so it reveals nothing about accounts."""
    return AuthenticationChallenge(_challenge(work, None, PasskeyPurpose.SIGNING_IN), {})


async def start_verification(work: UnitOfWork, viewer: Viewer) -> AuthenticationChallenge:
    """Creates a challenge for the viewer's passkeys. NOT_FOUND if they have none."""
    passkeys = await _registered_passkeys(work, viewer.id)
    if not passkeys:
        raise refused(ErrorCode.NOT_FOUND, "You have no passkeys.")
    return AuthenticationChallenge(_challenge(work, viewer, PasskeyPurpose.PROVING), passkeys)


async def add(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    name: str,
    response: CredentialResponse,
    key: RegisteredCredential | Refused,
) -> str | Refused:
    """Stores a verified passkey of the viewer and notifies them by e-mail. Returns its id.

    ALREADY_EXISTS if the credential is registered, LIMIT_REACHED if the viewer has `MAX_PASSKEYS`.

    `key` is the credential of the verified response, or the error if verification failed. Each challenge is
    valid for one response: errors about the response are returned, which commits the deletion of the
    challenge; other errors are raised and keep it.
    """
    if not await _spend(work, viewer, PasskeyPurpose.ADDING, response):
        message = "This response came too late, or was used before. Begin again."
        return refused(ErrorCode.EXPIRED, message, "credential")
    if isinstance(key, Refused):
        return key
    if len(key.public_key) > MAX_PUBLIC_KEY:
        raise refused(ErrorCode.INVALID, "The public key of this passkey is too large.", "credential")
    # The user's row is locked so that concurrent requests can't exceed the maximum.
    locked = select(User.id).where(User.id == viewer.id).with_for_update()
    if await work.session.scalar(locked) is None:
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
    await notify_user(work, viewer.id, partial(security_notifications.passkey_was_added, passkey=name))
    return passkey.id


async def sign_in(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    response: CredentialResponse,
    passkey: MatchedPasskey | None,
    use: AssertionResult | None,
    lifetimes: Lifetimes,
    device: str | None,
    ip_prefix: str | None,
) -> IssuedSession | Refused:
    """Opens a session for a passkey with a verified assertion `use`.

    A passkey counts as two factors (possession, and the device's PIN or biometrics), so no code is needed.
    An error is returned, not raised, so that the deletion of the challenge and the audit event are committed.
    """
    spent = await _spend(work, None, PasskeyPurpose.SIGNING_IN, response)
    if not spent or passkey is None or use is None:
        await reject_sign_in(work, viewer, user_id=passkey.user_id if passkey else None)
        return invalid_response()
    if not await _note_use(work, passkey, use):
        return invalid_response()
    query = select(User).where(User.id == passkey.user_id).options(undefer(User.is_staff))
    user = (await work.session.scalars(query)).one()
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
    work: UnitOfWork,
    viewer: Viewer,
    *,
    response: CredentialResponse,
    passkey: MatchedPasskey | None,
    use: AssertionResult | None,
) -> str | Refused:
    """Marks the session as verified by a passkey of the viewer, as a code would. Returns the passkey's id.

    An error is returned, not raised, so that the deletion of the challenge is committed.
    """
    spent = await _spend(work, viewer, PasskeyPurpose.PROVING, response)
    if not spent or passkey is None or passkey.user_id != viewer.id or use is None:
        return invalid_response()
    if not await _note_use(work, passkey, use):
        return invalid_response()
    await record_step_up(work, viewer.session_id)
    return passkey.id


async def rename(work: UnitOfWork, viewer: Viewer, *, passkey_id: str, name: str) -> str:
    """Renames one of the viewer's passkeys. Returns its id."""
    own = update(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == viewer.id)
    renamed: str | None = await work.session.scalar(own.values(name=name).returning(Passkey.id))
    if renamed is None:
        raise not_found("passkey", "id")
    return renamed


async def remove(work: UnitOfWork, viewer: Viewer, *, passkey_id: str) -> str:
    """Deletes one of the viewer's passkeys. Every account has a password, so the viewer can still sign in."""
    await end_mailed_links(work, viewer.id)
    own = delete(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == viewer.id)
    removed = await work.session.scalar(own.returning(Passkey.name))
    if removed is None:
        raise not_found("passkey", "id")
    audit(work, AuditAction.PASSKEY_REMOVED, actor=viewer.id, object_id=passkey_id)
    await notify_user(work, viewer.id, partial(security_notifications.passkey_was_removed, passkey=removed))
    return passkey_id


def validate_name(name: str) -> str:
    """Returns a valid name for a passkey, with surrounding whitespace removed."""
    return validated_text(name, "name", maximum=MAX_NAME)


def invalid_response() -> Refused:
    """Returns the error for every invalid response; it doesn't reveal the reason."""
    message = "This passkey is not valid here, or its response came too late. Begin again."
    return refused(ErrorCode.INVALID_CREDENTIALS, message, "credential")


async def _spend(
    work: UnitOfWork, viewer: Viewer | None, purpose: PasskeyPurpose, response: CredentialResponse
) -> bool:
    spent = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == token_hash(response.challenge),
        PasskeyChallenge.purpose == purpose,
        PasskeyChallenge.user_id.is_not_distinct_from(viewer.id if viewer else None),
        PasskeyChallenge.session_id.is_not_distinct_from(viewer.session_id if viewer else None),
    )
    # Of several concurrent requests with the same challenge, one deletes the row; the others find none.
    expires_at = await work.session.scalar(spent.returning(PasskeyChallenge.expires_at))
    return expires_at is not None and expires_at > now()


async def _note_use(work: UnitOfWork, passkey: MatchedPasskey, use: AssertionResult) -> bool:
    """Records the use of a passkey. False if the passkey was removed or appears to be cloned.

    A signature counter that has not increased is a sign of a cloned authenticator (WebAuthn, section 6.1.1).
    The audit event and the notification must be committed, so the rejection is returned, not raised.
    """
    row = await work.session.scalar(select(Passkey).where(Passkey.id == passkey.id).with_for_update())
    if row is None or row.backup_eligible is not use.backup_eligible:
        return False
    if (use.sign_count or row.sign_count) and use.sign_count <= row.sign_count:
        audit(work, AuditAction.PASSKEY_REFUSED, actor=None, target_user=row.user_id, object_id=row.id)
        await notify_user(
            work, row.user_id, partial(security_notifications.passkey_was_rejected, passkey=row.name)
        )
        return False
    row.sign_count, row.backed_up, row.last_used_at = use.sign_count, use.backed_up, now()
    return True


async def _registered_passkeys(work: UnitOfWork, user_id: str | None) -> dict[str, Sequence[str]]:
    """Returns the credential ids of the user's passkeys with their transports, oldest first."""
    query = select(Passkey.credential_id, Passkey.transports).where(Passkey.user_id == user_id)
    rows = await work.session.execute(query.order_by(Passkey.created_at, Passkey.id))
    return {row.credential_id: [_SPELLINGS[each] for each in row.transports] for row in rows}


def _challenge(work: UnitOfWork, asker: Viewer | None, purpose: PasskeyPurpose) -> bytes:
    """Returns a random challenge of 256 bits, and stores its hash with its purpose, user and session."""
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
