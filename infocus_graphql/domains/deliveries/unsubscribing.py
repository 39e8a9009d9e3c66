"""Links that turn e-mails off without signing in (RFC 8058).

A link has the user, the kind of notification (`all` for all kinds), and a signature with a key of the user,
so links in old e-mails stay valid if the server's keys change.
"""

import hmac
from base64 import urlsafe_b64encode
from secrets import token_urlsafe
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.notifications.models import (
    DEFAULTS,
    EmailTiming,
    NotificationKind,
    NotificationPreference,
    NotificationSchedule,
)
from infocus_graphql.domains.notifications.preferences import CHANNELS
from infocus_graphql.domains.notifications.texts import TITLES

PATH: Final = "/unsubscribe"
ALL: Final = "all"


async def unsubscribe_token(work: UnitOfWork, *, user_id: str, kind: NotificationKind | None) -> str:
    """The token of the link for a kind of notification, or for all kinds."""
    new = insert(NotificationSchedule).values(user_id=user_id, unsubscribe_key=token_urlsafe(32))
    kept = {"unsubscribe_key": new.excluded.unsubscribe_key}
    await work.session.execute(
        new.on_conflict_do_update(
            index_elements=["user_id"], set_=kept, where=NotificationSchedule.unsubscribe_key.is_(None)
        )
    )
    about = f"{user_id}.{kind.value if kind else ALL}"
    return f"{about}.{_signature(await _key(work, user_id) or '', about)}"


async def find_subscription(unit: ReadUnit, *, token: str) -> tuple[str, list[NotificationKind]] | None:
    """The user and the kinds of notifications that a token is for; None if it is not valid."""
    about, _, signature = token.rpartition(".")
    user_id, _, name = about.partition(".")
    kinds = [kind for kind in NotificationKind if name in (ALL, kind.value)]
    key = await _key(unit, user_id) if kinds and token.isascii() and "\0" not in token else None
    if key is None or not hmac.compare_digest(_signature(key, about), signature):
        return None
    return user_id, kinds


def name_of(kind: NotificationKind) -> str:
    """The name of a kind for users, such as `New season`."""
    return TITLES[kind]


async def unsubscribe(work: UnitOfWork, *, token: str) -> bool:
    """Turns the e-mails off that a token is for. Returns whether the token is valid."""
    found = await find_subscription(work, token=token)
    if found is None:
        return False
    user_id, kinds = found
    off = {"email": EmailTiming.OFF}
    for kind in kinds:
        defaults = {name: getattr(DEFAULTS[kind], name) for name in CHANNELS}
        new = insert(NotificationPreference).values(user_id=user_id, kind=kind, **{**defaults, **off})
        await work.session.execute(new.on_conflict_do_update(index_elements=["user_id", "kind"], set_=off))
    return True


async def _key(unit: ReadUnit, user_id: str) -> str | None:
    query = select(NotificationSchedule.unsubscribe_key).where(NotificationSchedule.user_id == user_id)
    key: str | None = await unit.scalar(query)
    return key


def _signature(key: str, about: str) -> str:
    digest = hmac.digest(key.encode(), about.encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")
