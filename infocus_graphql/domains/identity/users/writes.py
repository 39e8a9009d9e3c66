"""Use cases and guards of user accounts and profiles."""

from collections.abc import Callable, Collection
from typing import Any

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from infocus_graphql.core.client_info import client_info
from infocus_graphql.core.clock import now
from infocus_graphql.core.emails import valid_email
from infocus_graphql.core.errors import ErrorCode, Problems, Refusal, Refused, not_found, refused
from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.text import null_or_cleaned, validated_text_or_none, web_address
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.users.models import (
    MAX_AVATAR,
    MAX_BIO,
    MAX_NAME,
    MAX_PREFERENCES_BYTES,
    Profile,
    User,
)
from infocus_graphql.mail.message import Message
from infocus_graphql.mail.outbox import post

_MAX_LEVELS = 10


async def create_user(
    work: UnitOfWork,
    *,
    email: str,
    password_hash: str,
    name: str | None = None,
    is_staff: bool = False,
    verified: bool = False,
) -> User:
    """Creates an account with its profile. ALREADY_EXISTS if the address has an account.

    `verified` marks the e-mail address as verified.
    """
    user = User(
        email=valid_email(email, "email"),
        password_hash=password_hash,
        name=null_or_cleaned(name, "name", maximum=MAX_NAME),
        is_staff=is_staff,
        email_verified_at=now() if verified else None,
    )
    work.session.add(user)
    await work.session.flush()
    work.session.add(Profile(user_id=user.id))
    audit(work, AuditAction.ACCOUNT_CREATED, actor=None, target_user=user.id, object_id=user.id)
    await work.session.flush()
    return user


async def verify_address(work: UnitOfWork, *, user_id: str | None) -> None:
    """Marks the user's e-mail address as verified; no effect if it already is."""
    unproven = (User.id == user_id, User.email_verified_at.is_(None))
    proved = update(User).where(*unproven).values(email_verified_at=now()).returning(User.id)
    if await work.session.scalar(proved) is not None:
        audit(work, AuditAction.EMAIL_VERIFIED, actor=user_id, object_id=user_id)


async def end_mailed_links(work: UnitOfWork, *user_ids: str | None) -> None:
    """Invalidates pending links of these users that reset a password or change an address.

    Use cases that change a password, an address or a second factor, or that revoke all sessions, call this
    first: the UPDATE locks the users, so that a link is either used before the change or rejected after it.
    """
    changed = update(User).where(User.id.in_([user_id for user_id in user_ids if user_id is not None]))
    await work.session.execute(changed.values(credentials_version=User.credentials_version + 1))


async def require_unchanged_password(work: UnitOfWork, viewer: Viewer, *, checked: str) -> None:
    """Locks the viewer's account.

    Raises INVALID_CREDENTIALS if the password has changed since it was checked.

    Passwords are checked before the transaction, because argon2 is slow. `checked` is the hash that matched.
    """
    unchanged = select(User.id).where(User.id == viewer.id, User.password_hash == checked)
    if await work.scalar(unchanged.with_for_update(key_share=True)) is None:
        raise wrong_password()


def wrong_password(field: str = "password") -> Refused:
    """Returns the error for a password that isn't the viewer's, in this field of the input."""
    return refused(ErrorCode.INVALID_CREDENTIALS, "The password is wrong.", field)


async def promote_to_staff(work: UnitOfWork, *, email: str) -> str:
    """Makes the user with this address staff, from their next sign-in or refresh. Returns the user's id."""
    promoted = update(User).where(func.lower(User.email) == valid_email(email, "email")).values(is_staff=True)
    user_id: str | None = await work.session.scalar(promoted.returning(User.id))
    if user_id is None:
        raise not_found("account", "email")
    audit(work, AuditAction.STAFF_PROMOTED, actor=None, target_user=user_id, object_id=user_id)
    return user_id


async def notify_user(work: UnitOfWork, user_id: str | None, notice: Callable[..., Message]) -> None:
    """Sends the user a security notification after the commit, with the client and time of the change."""
    query = select(User.email, User.name).where(User.id == user_id)
    user = (await work.session.execute(query)).one()
    message = notice(user.email, name=user.name, where=client_info(), at=now())
    await post(work, message, about=user_id)


async def update_profile(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    name: str | Unset | None = UNSET,
    bio: str | Unset | None = UNSET,
    avatar: str | Unset | None = UNSET,
    preferences: JsonObject | Unset | None = UNSET,
) -> str:
    """Updates the fields of the viewer's profile that are set. Returns the user's id.

    None clears a field. Preferences are merged (JSON Merge Patch, RFC 7396).
    """
    locked = select(Profile).where(Profile.user_id == viewer.id).with_for_update()
    profile = await work.session.scalar(locked.options(undefer(Profile.preferences)))
    if profile is None:
        raise not_found("account")
    with Problems() as problems:
        if is_set(name):
            text = problems.of(null_or_cleaned, name, "name", maximum=MAX_NAME)
            await work.session.execute(update(User).where(User.id == profile.user_id).values(name=text))
        if is_set(bio):
            profile.bio = problems.of(
                validated_text_or_none, bio, "bio", maximum=MAX_BIO, keep_line_breaks=True
            )
        if is_set(avatar):
            profile.avatar = problems.of(web_address, avatar, "avatar", maximum=MAX_AVATAR)
        if is_set(preferences):
            profile.preferences = problems.of(_preferences, profile.preferences, preferences)
    return profile.user_id


def merged(current: Any, patch: Any) -> Any:
    """Returns `current` with `patch` applied as a JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _preferences(current: JsonObject, patch: JsonObject | None) -> JsonObject:
    if patch is None:
        return {}
    # Checked before merging, because `merged` is recursive and the patch may be deeply nested.
    _check_depth(patch)
    preferences: JsonObject = merged(current, patch)
    try:
        size = len(orjson.dumps(preferences))
    except TypeError as error:  # a whole number beyond 64 bits
        raise refused(
            ErrorCode.INVALID, "The preferences contain a whole number that is too large.", "preferences"
        ) from error
    if size > MAX_PREFERENCES_BYTES:
        message = f"The preferences must have at most {MAX_PREFERENCES_BYTES:,} bytes of JSON."
        raise Refused(Refusal(ErrorCode.TOO_LONG, message, ("preferences",), maximum=MAX_PREFERENCES_BYTES))
    return preferences


def _check_depth(patch: JsonObject) -> None:
    level: Collection[Any] = [patch]
    for _ in range(_MAX_LEVELS):
        items = [item for each in level for item in (each.values() if isinstance(each, dict) else each)]
        level = [item for item in items if isinstance(item, dict | list)]
    if level:
        raise refused(
            ErrorCode.INVALID, f"The preferences must have at most {_MAX_LEVELS} levels.", "preferences"
        )
