"""Varied data: unusual texts, missing values, overlapping families, and all states of all objects."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.viewer import ANONYMOUS, ApiScope, TokenFault, Viewer
from infocus_graphql.db.base import Base
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.links import primary_key_of
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyInvitationStatus,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.identity.api_tokens.models import ApiToken
from infocus_graphql.domains.identity.passkeys.models import Passkey, PasskeyTransport
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session
from infocus_graphql.domains.identity.user_settings.models import UserSettings
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.media.models import MediaItem, MediaType, OfferType, StreamingProvider
from infocus_graphql.domains.privacy.models import AccountDeletion, DataExport, DataExportStatus
from infocus_graphql.domains.recommendations.models import Recommendation, RecommendationStatus
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry, WatchStatus
from infocus_graphql.graph.context import Services
from tests.graph.catalogue import TYPES as CATALOGUE_TYPES
from tests.graph.catalogue import Details

ODD = [
    "plain",
    'it\'s "quoted" \\ \\u0041 \\n',
    "tab\tline\nreturn\rbell\x07escape\x1bdelete\x7f\x08\x0c",
    "ünïcödé 日本語 \U0001f3ac\u2028\u2029\ufeff\u200d",
    "</script><!-- & -->",
    "$1 %s %(x)s {y} :z ; -- /* */ '",
    "x" * 499,
    " leading and trailing ",
]
PREFERENCES: list[Any] = [
    {},
    {"theme": "dark", "nested": {"list": [1, 2.5, None, True, "é\u2028"], "": {}}},
    {"big": 12345678901234567890, "tiny": 1e-7, "huge": 1e300, "minus": -0.0, "exact": 0.1},
    {"text": ODD[2], ODD[3]: [[], [[]]]},
]
ROLES = [FamilyRole.OWNER, FamilyRole.ADMIN, FamilyRole.MEMBER, FamilyRole.MEMBER, FamilyRole.MEMBER]
RATINGS = [None, 10.0, 7.123456789012345, 1e-7, 0.0001, 0.00012345, 5.0, 6.1]
PEOPLE = ["owner", "admin", "member", "hidden", "child", "staff", "stranger", "invited"]


@dataclass
class World:
    """The rows and the viewers of the data set."""

    rows: list[list[Base]] = field(default_factory=list)
    ids: dict[str, list[str]] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    viewers: dict[str, Viewer] = field(default_factory=dict)

    def add(self, *rows: Any) -> None:
        """Adds rows to store together."""
        self.rows.append(list(rows))
        for row in rows:
            self.ids.setdefault(type(row).__name__, []).append(primary_key_of(row))


def _instants() -> list[datetime]:
    base = datetime(2026, 1, 31, 20, 15, tzinfo=UTC)
    return [
        base,  # twice, so that ids break the tie
        base,
        base + timedelta(microseconds=250_000),
        base + timedelta(microseconds=1),
        base + timedelta(days=1, microseconds=123_450),
        datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    ]


class _Maker:
    """Creates the rows with a seeded generator, so that every run has the same data except for ids."""

    def __init__(self) -> None:
        self.world = World()
        self.random = random.Random(7)

    def made(self) -> World:
        """Returns the world with all rows, in the order of the foreign keys."""
        self.people()
        self.families()
        self.catalogue()
        self.entries()
        self.recommendations()
        self.sessions()
        return self.world

    def pick(self, values: Any) -> Any:
        """Returns one of the values."""
        return self.random.choice(list(values))

    def people(self) -> None:
        """Adds one user of each kind, with a profile."""
        for index, name in enumerate(PEOPLE):
            user = User(
                id=new_id("us"),
                email=f"{name}@example.com",
                name=None if name == "child" else ODD[index % len(ODD)][:100],
                password_hash="none",
                is_staff=name == "staff",
                # Users with unverified addresses can't see invitations to them.
                email_verified_at=None if name == "child" else now(),
                created_at=self.pick(_instants()),
            )
            self.world.people[name] = user
            self.world.viewers[name] = Viewer(user.id, None, user.is_staff)
        self.world.add(*self.world.people.values())
        self.world.add(
            *(
                Profile(
                    id=new_id("pr"),
                    user_id=user.id,
                    bio=self.pick([None, *ODD]),
                    avatar=self.pick([None, "https://example.com/a?b=\\c&d='"]),
                    preferences=PREFERENCES[index % len(PREFERENCES)],
                )
                for index, user in enumerate(self.world.people.values())
            )
        )
        self.world.viewers["nobody"] = ANONYMOUS
        self.world.viewers["expired"] = Viewer(fault=TokenFault.EXPIRED)
        self.world.viewers["gone"] = Viewer(new_id("us"), new_id("se"))  # deleted after the token was issued

    def families(self) -> None:
        """Adds overlapping families, one of an unrelated user, and one whose creator has left."""
        names = ["owner", "admin", "member", "hidden", "child"], ["admin", "staff", "child"], ["stranger"]
        others = ["hidden", "owner", "stranger"], ["child", "admin", "member", "owner"]
        makers = ["owner", "admin", "stranger", None, "stranger"]
        self.groups = list(zip([*names, *others], makers, strict=True))
        families = [
            Family(
                id=new_id("fa"),
                name=ODD[index][:100],
                created_by_id=self.world.people[maker].id if maker else None,
                created_at=self.pick(_instants()),
            )
            for index, (_, maker) in enumerate(self.groups)
        ]
        self.world.add(*families)
        self.world.add(
            *(
                FamilyMembership(
                    id=new_id("fm"),
                    family_id=family.id,
                    user_id=self.world.people[name].id,
                    role=role,
                    shares_watchlist=name != "hidden" and (name != "admin" or index % 2 == 0),
                    joined_at=self.pick(_instants()),
                )
                for index, (family, (members, _)) in enumerate(zip(families, self.groups, strict=True))
                for name, role in zip(members, ROLES, strict=False)
            )
        )
        self.world.add(*(self._invitation(family, each) for family in families for each in range(5)))

    def _invitation(self, family: Family, index: int) -> FamilyInvitation:
        status = [*FamilyInvitationStatus, FamilyInvitationStatus.PENDING][index]
        invited = self.world.people["invited"].email if index in {0, 2} else f"guest{index}@example.com"
        return FamilyInvitation(
            id=new_id("fi"),
            family_id=family.id,
            invited_by_id=self.pick([None, *(user.id for user in self.world.people.values())]),
            email=invited,
            token_hash=new_id("th"),
            status=status,
            created_at=self.pick(_instants()),
            expires_at=now() + timedelta(days=-1 if index == 4 else 7),
            accepted_at=self.pick(_instants()) if status is FamilyInvitationStatus.ACCEPTED else None,
        )

    def catalogue(self) -> None:
        """Adds titles with and without optional values, and streaming providers."""
        self.titles = [
            MediaItem(
                id=new_id("mi"),
                tmdb_id=1000 + index // 2,
                tmdb_type=list(MediaType)[index % 2],
                title=self.pick([*ODD, f"Title {index // 4}"]),
                description=self.pick([None, *ODD, "y" * 9000]),
                poster_path=self.pick([None, "/p.jpg"]),
                release_date=self.pick([None, date(2, 1, 1), date(1999, 10, 15), date(9998, 12, 31)]),
                rating=self.pick(RATINGS),
                genres=self.pick([[], ["Drama"], ["Drama", ODD[1], "a,b", "{}", "NULL", ""]]),
                creators=self.pick([[], [ODD[2]], [ODD[3], "null"]]),
                created_at=self.pick(_instants()),
            )
            for index in range(16)
        ]
        details = Details(self.titles[:6], similar=self.titles[8])
        self.world.rows += details.before
        self.world.add(*self.titles)
        self.world.rows += details.after
        for type_name, model in CATALOGUE_TYPES.items():
            self.world.ids[model.__name__] = details.ids(type_name)
        self.world.rows.append(
            [
                UserSettings(user_id=self.world.people[name].id, region=region, language=language)
                for name, region, language in (
                    ("owner", "DE", "de-AT"),
                    ("admin", None, "fr"),
                    ("child", "US", None),
                )
            ]
        )
        self.world.add(
            *(
                StreamingProvider(
                    id=new_id("sp"),
                    media_item_id=item.id,
                    provider=provider[:100],
                    offer_type=self.pick(OfferType),
                    url=self.pick([None, "https://streamio.example/?a=\\'\""]),
                    regions=self.pick([[], ["DE"], ["DE", "US"]]),
                )
                for item in self.titles[::2]
                for provider in self.random.sample(ODD, 3)
            )
        )

    def entries(self) -> None:
        """Adds overlapping watchlists with private and shared notes."""
        self.world.add(
            *(
                WatchlistEntry(
                    id=new_id("we"),
                    user_id=user.id,
                    media_item_id=item.id,
                    status=self.pick(WatchStatus),
                    rating=self.pick([None, None, 1, 5, 7, 10]),
                    notes=self.pick([None, f"secret of {name}", *ODD]),
                    notes_visibility=self.pick(Visibility),
                    date_added=self.pick(_instants()),
                )
                for name, user in self.world.people.items()
                for item in self.random.sample(self.titles, 0 if name == "invited" else 7)
            )
        )

    def recommendations(self) -> None:
        """Adds recommendations in every state, also between users who no longer share a family."""
        users = list(self.world.people.values())
        pairs = [(sender, recipient) for sender in users for recipient in users if sender is not recipient]
        self.world.add(
            *(
                Recommendation(
                    id=new_id("re"),
                    from_user_id=sender.id,
                    to_user_id=recipient.id,
                    media_item_id=self.pick(self.titles).id,
                    message=self.pick([None, *ODD]),
                    status=list(RecommendationStatus)[index % 3],
                    created_at=self.pick(_instants()),
                )
                for index, (sender, recipient) in enumerate(pairs)
            )
        )

    def sessions(self) -> None:
        """Adds live, revoked and expired sessions with chains of refresh tokens."""
        sessions = [
            Session(
                id=new_id("se"),
                user_id=user.id,
                token_hash=new_id("th"),
                device=self.pick([None, *ODD])[:200] if index else None,
                ip_prefix=self.pick([None, "192.0.2.0/24"]),
                created_at=self.pick(_instants()),
                expires_at=now() + timedelta(days=[30, -1, 30][index]),
                revoked_at=now() if index == 2 else None,
            )
            for user in self.world.people.values()
            for index in range(2 if user.is_staff else 1)
        ]
        for session in sessions:
            name = next(name for name, user in self.world.people.items() if user.id == session.user_id)
            viewer = self.world.viewers[name]
            self.world.viewers[name] = Viewer(viewer.id, session.id, viewer.is_staff)
        self.world.add(*(self._api_token(user) for user in self.world.people.values()))
        self.world.add(*(self._passkey(user) for user in self.world.people.values()))
        self.world.add(*(self._export(user) for user in self.world.people.values()))
        leaving = [user for user in self.world.people.values() if self.pick([True, False])]
        self.world.add(
            *(AccountDeletion(user_id=user.id, scheduled_at=self.pick(_instants())) for user in leaving)
        )
        chains = [self._chain(session) for session in sessions]
        self.world.add(*sessions)
        for place in (0, 1):
            self.world.add(*(chain[place] for chain in chains))

    def _api_token(self, user: User) -> ApiToken:
        return ApiToken(
            id=new_id("at"),
            user_id=user.id,
            name=self.pick(ODD)[:100] or "A",
            token_hash=new_id("th"),
            scopes=self.pick([list(ApiScope), [ApiScope.FAMILY_ADMIN], [ApiScope.WRITE, ApiScope.READ]]),
            created_at=self.pick(_instants()),
            expires_at=self.pick([None, *_instants()]),
        )

    def _export(self, user: User) -> DataExport:
        return DataExport(
            id=new_id("dx"),
            user_id=user.id,
            status=self.pick(list(DataExportStatus)),
            bytes=self.pick([None, 0, 1_000_000]),
            created_at=self.pick(_instants()),
            expires_at=self.pick([None, *_instants()]),
        )

    def _passkey(self, user: User) -> Passkey:
        return Passkey(
            id=new_id("pk"),
            user_id=user.id,
            name=self.pick(ODD)[:100] or "A",
            credential_id=new_id("th"),
            public_key=new_id("th"),
            sign_count=0,
            backup_eligible=True,
            backed_up=self.pick([True, False]),
            transports=self.pick([list(PasskeyTransport), [], [PasskeyTransport.SMART_CARD]]),
            created_at=self.pick(_instants()),
            last_used_at=self.pick([None, *_instants()]),
        )

    @staticmethod
    def _chain(session: Session) -> list[RefreshToken]:
        chain = [
            RefreshToken(
                id=new_id("rt"),
                user_id=session.user_id,
                session_id=session.id,
                token_hash=new_id("th"),
                expires_at=now() + timedelta(days=7),
            )
            for _ in range(2)
        ]
        chain[1].replaced_by_id, chain[1].revoked_at = chain[0].id, now()
        return chain


async def build_world(services: Services) -> World:
    """Stores the world in one transaction."""
    world = _Maker().made()

    async def store(work: UnitOfWork) -> None:
        for rows in world.rows:
            work.session.add_all(rows)
            await work.session.flush()

    await services.database.transaction(store)
    return world
