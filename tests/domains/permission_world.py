"""The users and objects of the permission table, created anew for each actor."""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.db.base import Base
from infocus_graphql.domains.audit.models import AuditAction, AuditEvent
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyInvitationStatus,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.identity.api_tokens.models import ApiToken
from infocus_graphql.domains.identity.passkeys.models import Passkey
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.media.models import MediaItem, MediaType, StreamingProvider
from infocus_graphql.domains.notifications.models import Notification, NotificationKind
from infocus_graphql.domains.plays.models import WatchDatePrecision, WatchEvent
from infocus_graphql.domains.privacy.models import AccountDeletion, DataExport, DataExportStatus
from infocus_graphql.domains.recommendations.models import Recommendation
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry, WatchStatus
from infocus_graphql.security.access_tokens import random_token, token_hash
from tests.support.factories import Factories, made_passkey

_numbers = itertools.count(1000)
ROLES = {"member": FamilyRole.MEMBER, "admin": FamilyRole.ADMIN, "owner": FamilyRole.OWNER}


@dataclass
class World:
    """Rows to store in one transaction, and the names that operations use for their ids."""

    rows: list[Base]
    names: dict[str, str]

    def add(self, model: Any, name: str | None = None, /, **values: Any) -> str:
        """Adds a row with a new id, optionally with a name, and returns the id."""
        row = model(id=new_id(model.__table__.c.id.info["tag"]), **values)
        self.rows.append(row)
        if name:
            self.names[name] = row.id
        key: str = row.id
        return key

    def person(self, name: str, **values: Any) -> str:
        """Adds a user with a profile and a session."""
        number = next(_numbers)
        email = f"{name}{number}@example.com"
        self.names[f"{name}_email"] = email
        values = {"password_hash": "none", "email_verified_at": now(), **values}
        person = self.add(User, name, name=name, email=email, **values)
        self.add(Profile, f"{name}_profile", user_id=person, bio="Likes films.")
        end = now() + timedelta(days=7)
        session = self.add(
            Session, f"{name}_session", user_id=person, token_hash=random_token(), expires_at=end
        )
        self.add(
            ApiToken,
            f"{name}_api_token",
            user_id=person,
            name="Backup",
            token_hash=random_token(),
            scopes=[ApiScope.READ],
        )
        self.add(Passkey, f"{name}_passkey", user_id=person, name="Phone", **made_passkey())
        self.add(
            Notification,
            f"{name}_notification",
            user_id=person,
            kind=NotificationKind.EXPORT_READY,
            merge_key="x",
        )
        self.add(DataExport, f"{name}_export", user_id=person, status=DataExportStatus.SUCCEEDED)
        refresh = {"user_id": person, "session_id": session, "expires_at": end}
        self.add(RefreshToken, f"{name}_refresh", token_hash=random_token(), **refresh)
        return person

    def film(self, name: str) -> str:
        """Adds a title of the catalogue."""
        number = next(_numbers)
        return self.add(MediaItem, name, title=name, tmdb_id=number, tmdb_type=MediaType.MOVIE)

    def event(self, name: str, action: AuditAction, **values: Any) -> None:
        """Adds an audit event."""
        self.add(AuditEvent, name, action=action, **values)

    def invitation(self, name: str, token: str, family: str, email: str, **values: Any) -> None:
        """Adds an invitation and its token."""
        self.names[token] = random_token()
        values = {"expires_at": now() + timedelta(days=7), **values}
        self.add(
            FamilyInvitation,
            name,
            family_id=family,
            email=email,
            token_hash=token_hash(self.names[token]),
            **values,
        )


async def make_world(make: Factories, actor: str) -> dict[str, str]:
    """Stores a family with all actors, of whom `me` is the given one. Returns the names."""
    world = World([], {})
    for name in (
        "stranger",
        "invited",
        "member",
        "admin",
        "owner",
        "outsider",
        "member2",
        "admin2",
        "member3",
    ):
        world.person(name)
    world.person("staff", is_staff=True)
    names = world.names
    names["me"] = names.get(actor, new_id("us"))
    names["my_session"] = names.get(f"{actor}_session", new_id("se"))
    names["my_export"] = names.get(f"{actor}_export", new_id("dx"))
    names["my_notification"] = names.get(f"{actor}_notification", new_id("no"))
    names["my_passkey"] = names.get(f"{actor}_passkey", new_id("pk"))
    _family(world)
    _invitations(world)
    _lists(world)
    _recommendations(world)
    _events(world)
    if actor != "anonymous":
        _own(world)
    # Anonymous clients own nothing: their names stand for ids that do not exist.
    names.update(
        {
            each: new_id("we")
            for each in ("mine", "my_play", "received", "sent", "tracked", "my_event")
            if each not in names
        }
    )
    await make.rows(*world.rows)
    return names


def _family(world: World) -> None:
    family = world.add(Family, "family", name="Home", created_by_id=world.names["owner"])
    for name in ("member", "member2", "member3", "admin", "admin2", "owner"):
        values = {"role": ROLES[name.rstrip("23")], "shares_watchlist": name != "member3"}
        world.add(FamilyMembership, f"{name}_in", family_id=family, user_id=world.names[name], **values)
    world.names["membership"] = world.names["member2_in"]
    away = world.add(Family, "away", name="Away", created_by_id=world.names["stranger"])
    owner = {"user_id": world.names["stranger"], "role": FamilyRole.OWNER}
    world.add(FamilyMembership, family_id=away, **owner)
    for name in ("profile", "session", "refresh", "api_token", "passkey", "export", "notification"):
        world.names[name] = world.names[f"member2_{name}"]


def _invitations(world: World) -> None:
    names, address = world.names, world.names["invited_email"]
    declined, revoked = FamilyInvitationStatus.DECLINED, FamilyInvitationStatus.REVOKED
    world.invitation("invitation", "token", names["family"], address)
    world.invitation("declined", "no", names["family"], address, status=declined)
    world.invitation("gone", "revoked", names["family"], address, status=revoked)
    past = now() - timedelta(seconds=1)
    world.invitation("expired", "late", names["away"], address, expires_at=past)


def _lists(world: World) -> None:
    seen, noted, film = world.film("seen"), world.film("noted_film"), world.film("film")
    world.add(StreamingProvider, "offer", media_item_id=film, provider="Streamio", regions=["DE"])
    entry = {"status": WatchStatus.COMPLETED, "rating": 8, "notes": "A twist."}
    member = world.names["member2"]
    logged = world.add(WatchlistEntry, "entry", user_id=member, media_item_id=seen, **entry)
    unknown = {"precision": WatchDatePrecision.UNKNOWN}
    world.add(WatchEvent, "play", user_id=member, entry_id=logged, **unknown)
    shared = {**entry, "notes_visibility": Visibility.FAMILY}
    world.add(WatchlistEntry, "noted", user_id=member, media_item_id=noted, **shared)
    world.add(WatchlistEntry, "unshared", user_id=world.names["member3"], media_item_id=noted, **shared)


def _recommendations(world: World) -> None:
    two = {"from_user_id": world.names["member2"], "to_user_id": world.names["admin2"]}
    world.add(Recommendation, "theirs", media_item_id=world.names["seen"], **two)


def _events(world: World) -> None:
    names, where = world.names, {"ip_prefix": "192.0.2.0/24", "device": "Phone"}
    admin, member = names["admin2"], names["member2"]
    world.event("their_event", AuditAction.SIGNED_IN, actor_id=member, target_user_id=member, **where)
    in_family = {"actor_id": admin, "target_user_id": member, "family_id": names["family"]}
    world.event("family_event", AuditAction.ROLE_CHANGED, **in_family, **where)
    away = {"actor_id": names["outsider"], "target_user_id": names["outsider"], "family_id": new_id("fa")}
    world.event("away_event", AuditAction.FAMILY_CREATED, **away)


def _own(world: World) -> None:
    """Adds the objects that only the actor has."""
    names, me = world.names, world.names["me"]
    where = {"ip_prefix": "192.0.2.0/24"}
    world.event("my_event", AuditAction.SIGNED_IN, actor_id=me, target_user_id=me, **where)
    world.rows.append(AccountDeletion(user_id=me, scheduled_at=now() + timedelta(days=7)))
    tracked = world.film("tracked")
    mine = world.add(WatchlistEntry, "mine", user_id=me, media_item_id=tracked, notes="Mine.")
    unknown = {"precision": WatchDatePrecision.UNKNOWN}
    world.add(WatchEvent, "my_play", user_id=me, entry_id=mine, **unknown)
    film = {"media_item_id": names["seen"]}
    world.add(Recommendation, "received", from_user_id=names["member2"], to_user_id=me, **film)
    world.add(Recommendation, "sent", from_user_id=me, to_user_id=names["member2"], **film)
