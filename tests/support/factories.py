"""Factories of rows with defaults, inserted directly into the database."""

import itertools
from datetime import datetime, timedelta
from typing import Any, TypeVar

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.db.base import Base
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.identity.passkeys.models import PasskeyTransport
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.media.models import MediaItem, MediaType, StreamingProvider
from infocus_graphql.domains.recommendations.models import Recommendation
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.graph.context import Services
from infocus_graphql.security.access_tokens import random_token, token_hash

R = TypeVar("R", bound=Base)


def made_passkey() -> dict[str, Any]:
    """Returns the column values of a phone's passkey; its private key is discarded."""
    return {
        "credential_id": random_token(),
        "public_key": random_token(),
        "sign_count": 0,
        "backup_eligible": True,
        "backed_up": True,
        "transports": [PasskeyTransport.INTERNAL, PasskeyTransport.HYBRID],
    }


class Factories:
    """Each method inserts a row (with the rows that it requires) and returns it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._numbers = itertools.count(1)

    async def row(self, row: R) -> R:
        """Inserts a row."""
        await self.rows(row)
        return row

    async def rows(self, *rows: Base) -> None:
        """Inserts rows in one transaction."""

        async def store(work: UnitOfWork) -> None:
            work.session.add_all(rows)
            await work.session.flush()

        await self._services.database.transaction(store)

    async def user(self, name: str | None = None, *, password: str = "a passphrase", **values: Any) -> User:
        """Creates a user with a profile and a verified address."""
        number = next(self._numbers)
        values.setdefault("email_verified_at", now())
        email = values.pop("email", f"{(name or 'user').lower()}{number}@example.com")
        encoded = await self._services.passwords.hash(password)
        user = await self.row(User(email=email, name=name, password_hash=encoded, **values))
        await self.row(Profile(user_id=user.id))
        return user

    async def family(self, owner: User, *members: User, name: str = "Home", **roles: FamilyRole) -> Family:
        """Creates a family with an owner and plain members."""
        family = Family(id=new_id("fa"), name=name, created_by_id=owner.id)
        owns = FamilyMembership(family_id=family.id, user_id=owner.id, role=FamilyRole.OWNER)
        await self.rows(family, owns)  # in one transaction, because a family needs an owner
        for member in members:
            await self.member(family, member)
        return family

    async def member(
        self, family: Family, user: User, role: FamilyRole = FamilyRole.MEMBER, **values: Any
    ) -> FamilyMembership:
        """Creates a membership."""
        return await self.row(FamilyMembership(family_id=family.id, user_id=user.id, role=role, **values))

    async def invitation(
        self,
        family: Family,
        email: str,
        *,
        by: User | None = None,
        expires_at: datetime | None = None,
        **values: Any,
    ) -> tuple[FamilyInvitation, str]:
        """Creates an invitation, and returns it with its token."""
        invitation_id = new_id("fi")
        token = self._services.tokens.derived("invitation", invitation_id)[0]
        invitation = FamilyInvitation(
            id=invitation_id,
            family_id=family.id,
            email=email,
            token_hash=token_hash(token),
            invited_by_id=by.id if by else None,
            expires_at=expires_at or now() + timedelta(days=7),
            **values,
        )
        return await self.row(invitation), token

    async def media(self, title: str | None = None, **values: Any) -> MediaItem:
        """Creates a film."""
        number = next(self._numbers)
        defaults = {"tmdb_id": number, "tmdb_type": MediaType.MOVIE, "title": title or f"Title {number:04}"}
        return await self.row(MediaItem(**{**defaults, **values}))

    async def provider(
        self, media: MediaItem, provider: str = "Streamio", **values: Any
    ) -> StreamingProvider:
        """Creates a streaming provider."""
        defaults = {"regions": ["DE", "US"], "url": "https://streamio.example/title"}
        return await self.row(
            StreamingProvider(media_item_id=media.id, provider=provider, **{**defaults, **values})
        )

    async def entry(self, user: User, media: MediaItem | None = None, **values: Any) -> WatchlistEntry:
        """Creates an entry, by default for a new title."""
        title = media or await self.media()
        return await self.row(WatchlistEntry(user_id=user.id, media_item_id=title.id, **values))

    async def recommendation(
        self, sender: User, recipient: User, media: MediaItem | None = None, **values: Any
    ) -> Recommendation:
        """Creates a recommendation, by default of a new title."""
        title = media or await self.media()
        return await self.row(
            Recommendation(from_user_id=sender.id, to_user_id=recipient.id, media_item_id=title.id, **values)
        )

    async def session(self, user: User, **values: Any) -> Session:
        """Creates a session."""
        defaults = {"token_hash": token_hash(random_token()), "expires_at": now() + timedelta(days=30)}
        return await self.row(Session(user_id=user.id, **{**defaults, **values}))

    async def refresh_token(self, session: Session, **values: Any) -> RefreshToken:
        """Creates a refresh token of a session."""
        defaults = {"token_hash": token_hash(random_token()), "expires_at": now() + timedelta(days=7)}
        return await self.row(
            RefreshToken(user_id=session.user_id, session_id=session.id, **{**defaults, **values})
        )
