"""A small data set in which every field of the schema has a value that Ann can see."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.db.base import Base
from infocus_graphql.db.database import UnitOfWork
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
from infocus_graphql.domains.identity.user_settings.models import UserService, UserSettings
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.media.models import MediaItem, MediaType, StreamingProvider
from infocus_graphql.domains.notifications.models import NotificationKind, NotificationSchedule
from infocus_graphql.domains.privacy.models import AccountDeletion, DataExport, DataExportStatus
from infocus_graphql.domains.recommendations.models import Recommendation, RecommendationStatus
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry, WatchStatus
from infocus_graphql.graph.context import Services
from tests.graph.catalogue import TYPES, Details
from tests.graph.notifications import made_notification, notifications_of
from tests.graph.plays import play_of
from tests.support.factories import made_passkey

MANY = 6
DEAD_JOBS = text("""
    WITH dead AS (
        INSERT INTO pgqueuer (priority, entrypoint, status, updated)
        SELECT 0, 'send_mail', 'failed', now() - n * interval '1 minute' FROM generate_series(1, :number) AS n
        RETURNING id
    )
    INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback)
    SELECT id, 'failed', 0, 'send_mail', '{"exception_message": "no answer"}' FROM dead
""")


class World:
    """Ann, six relatives with a family each, of which Ann is an admin, and an unrelated user with a family.

    Each list has `MANY` similar rows, so that a field can be read for several parents. `parents` contains,
    for each type, the ids of rows in which every field has a value.
    """

    def __init__(self) -> None:
        self.rows: list[list[Base]] = []
        self.parents: dict[str, list[str]] = {}
        self.profiles: dict[str, str] = {}  # by user id
        self.ann = self._person("ann", name="Ann")
        self.relatives = [self._person(f"relative{index}", name=f"Relative {index}") for index in range(MANY)]
        self.stranger = self._person("zoe", name="Zoe")
        self.boss = self._person("boss", name="Boss", is_staff=True)
        self._families()
        self._catalogue()
        self._lists()
        self._recommendations()
        self._sessions()
        self._personal_data()
        self._events()
        self._notifications()

    def _add(self, *rows: Base) -> None:
        self.rows.append(list(rows))

    def _remember(self, type_name: str, rows: list[Any]) -> None:
        self.parents[type_name] = [row.id for row in rows]

    def _person(self, mail: str, *, name: str, is_staff: bool = False) -> User:
        user = User(
            id=new_id("us"),
            email=f"{mail}@example.com",
            name=name,
            is_staff=is_staff,
            password_hash="none",
            email_verified_at=now(),
        )
        profile = Profile(
            id=new_id("pr"),
            user_id=user.id,
            bio=f"I am {name}.",
            avatar="https://example.com/a.png",
            preferences={"theme": "dark"},
        )
        self._add(user)
        self._add(profile)
        self.profiles[user.id] = profile.id
        return user

    def with_ids(self, query: str) -> str:
        """Replaces the required arguments of a field by ids of this world."""
        return query.replace("$familyId", self.families[0].id)

    def _families(self) -> None:
        self.families: list[Family] = []
        self.invitations: list[FamilyInvitation] = []
        memberships: list[FamilyMembership] = []
        for index, person in enumerate(self.relatives):
            family = Family(id=new_id("fa"), name=f"Family {index}", created_by_id=person.id)
            roles = {person.id: FamilyRole.OWNER, self.ann.id: FamilyRole.ADMIN}
            if index == 0:  # the first family contains all relatives
                roles = dict.fromkeys([each.id for each in self.relatives], FamilyRole.MEMBER) | roles
            memberships += [
                FamilyMembership(id=new_id("fm"), family_id=family.id, user_id=user_id, role=role)
                for user_id, role in roles.items()
            ]
            self.families.append(family)
            self.invitations.append(
                self._invitation(family, person, f"guest{index}@example.com", accepted_at=now())
            )
        self.strange_family = Family(id=new_id("fa"), name="Strangers", created_by_id=self.stranger.id)
        self.strange_membership = FamilyMembership(
            id=new_id("fm"),
            family_id=self.strange_family.id,
            user_id=self.stranger.id,
            role=FamilyRole.OWNER,
        )
        self.for_ann = [
            self._invitation(self.strange_family, self.stranger, self.ann.email, status=status)
            for status in (FamilyInvitationStatus.PENDING, FamilyInvitationStatus.DECLINED)
        ]
        self.strange_invitation = self._invitation(self.strange_family, self.stranger, "y@example.com")
        self._add(*self.families, self.strange_family)
        self._add(*memberships, self.strange_membership)
        self._add(*self.invitations, *self.for_ann, self.strange_invitation)
        self._remember("User", self.relatives)
        self.parents["Profile"] = [self.profiles[person.id] for person in self.relatives]
        self._remember("Family", self.families)
        self._remember("FamilyMembership", memberships)
        self._remember("FamilyInvitation", self.invitations)

    @staticmethod
    def _invitation(family: Family, by: User, email: str, **values: Any) -> FamilyInvitation:
        return FamilyInvitation(
            id=new_id("fi"),
            family_id=family.id,
            invited_by_id=by.id,
            email=email,
            token_hash=new_id("th"),
            expires_at=now() + timedelta(days=7),
            **values,
        )

    def _catalogue(self) -> None:
        self.tracked, self.untracked = self._titles("Known", 1000), self._titles("New", 2000)
        self.offers = [
            StreamingProvider(
                id=new_id("sp"),
                media_item_id=item.id,
                provider="Streamio",
                url="https://streamio.example",
                regions=["AT", "DE"],
            )
            for item in self.tracked
        ]
        self.details = details = Details(self.tracked, similar=self.untracked[0])
        for offer, service in zip(self.offers, details.services, strict=True):
            offer.streaming_service_id = service.id
        self.rows += details.before
        self._add(*self.tracked, *self.untracked)
        self._add(*self.offers)
        self.rows += details.after
        for type_name in TYPES:
            self.parents[type_name] = details.ids(type_name)
        self._remember("MediaItem", self.tracked)
        self._remember("StreamingProvider", self.offers)

    @staticmethod
    def _titles(name: str, start: int) -> list[MediaItem]:
        # Some have no date and no rating, for null values in the orders.
        return [
            MediaItem(
                id=new_id("mi"),
                tmdb_id=start + index + 1,
                tmdb_type=MediaType.MOVIE,
                title=f"{name} {index // 2}",
                description="A story.",
                poster_path="/p.jpg",
                backdrop_path="/b.jpg",
                release_date=date(2000 + index // 2, 1, 1) if index % 3 else None,
                rating=5.5 + index // 2 if index % 3 else None,
                genres=["Drama"],
                creators=["Somebody"],
            )
            for index in range(MANY)
        ]

    def _entry(self, person: User, item: MediaItem, **values: Any) -> WatchlistEntry:
        defaults = {"notes": "Good.", "notes_visibility": Visibility.FAMILY}
        return WatchlistEntry(
            id=new_id("we"), user_id=person.id, media_item_id=item.id, **{**defaults, **values}
        )

    def _lists(self) -> None:
        self.entries: list[WatchlistEntry] = []
        others: list[WatchlistEntry] = []
        for index, item in enumerate(self.tracked):
            rating = None if index % 3 == 2 else 4 + index
            self.entries.append(
                self._entry(self.ann, item, rating=rating, status=list(WatchStatus)[index % 3])
            )
            states = zip(self.relatives, WatchStatus, strict=False)
            others += [self._entry(person, item, rating=7, status=status) for person, status in states]
        for item in self.untracked:
            others += [self._entry(person, item, rating=8) for person in self.relatives[:2]]
        for index, person in enumerate(self.relatives[3:]):
            others.append(self._entry(person, self.tracked[index], status=WatchStatus.WATCHING))
        self.secret_entry = self._entry(self.stranger, self.tracked[0])
        self.private_entry = others[0]
        self.private_entry.notes_visibility = Visibility.PRIVATE
        self._add(*self.entries, *others, self.secret_entry)
        episodes, services = self.parents["Episode"], self.parents["StreamingService"]
        plays = [
            play_of(entry, episode_id=episode, streaming_service_id=service)
            for entry, episode, service in zip(self.entries, episodes, services, strict=False)
        ]
        plays.append(play_of(self.secret_entry))
        self.strange_play = plays[-1]
        self._add(*plays)
        self.parents["WatchEvent"] = [play.id for play in plays[:-1]]
        self.parents["WatchlistEntry"] = [entry.id for entry in self.entries]

    def _recommendations(self) -> None:
        def proposed(sender: User, recipient: User, item: MediaItem, **values: Any) -> Recommendation:
            return Recommendation(
                id=new_id("re"),
                from_user_id=sender.id,
                to_user_id=recipient.id,
                media_item_id=item.id,
                message="You will like it.",
                **values,
            )

        accepted = {"status": RecommendationStatus.ACCEPTED}
        pairs = list(zip(self.relatives, self.tracked, strict=True))
        received = [proposed(person, self.ann, item, **accepted) for person, item in pairs]
        sent = [proposed(self.ann, person, item) for person, item in pairs]
        self.strange_recommendation = proposed(self.relatives[0], self.relatives[1], self.tracked[0])
        self._add(*received, *sent, self.strange_recommendation)
        self._remember("Recommendation", received)

    @staticmethod
    def _event(actor: User, person: User, family: Family) -> AuditEvent:
        return AuditEvent(
            id=new_id("ae"),
            action=AuditAction.ROLE_CHANGED,
            actor_id=actor.id,
            target_user_id=person.id,
            family_id=family.id,
            object_id=new_id("fm"),
            ip_prefix="192.0.2.0/24",
            device="Phone",
            details={"role": "ADMIN", "former": "MEMBER"},
        )

    def _events(self) -> None:
        pairs = zip(self.relatives, self.families, strict=True)
        events = [self._event(self.ann, person, family) for person, family in pairs]
        # One family and Ann herself have many events.
        more = [self._event(person, self.ann, self.families[0]) for person in self.relatives]
        self.strange_event = self._event(self.stranger, self.stranger, self.strange_family)
        self._add(*events, *more, self.strange_event)
        self._remember("AuditEvent", events)

    def _session(self, person: User) -> tuple[Session, list[RefreshToken]]:
        session = Session(
            id=new_id("se"),
            user_id=person.id,
            token_hash=new_id("th"),
            device="Phone",
            ip_prefix="192.0.2.0/24",
            expires_at=now() + timedelta(days=30),
            revoked_at=now(),
        )
        after, before = (
            RefreshToken(
                id=new_id("rt"),
                user_id=person.id,
                session_id=session.id,
                token_hash=new_id("th"),
                expires_at=now() + timedelta(days=7),
            )
            for _ in range(2)
        )
        before.replaced_by_id, before.revoked_at = after.id, now()
        return session, [after, before]

    @staticmethod
    def _api_token(person: User) -> ApiToken:
        return ApiToken(
            id=new_id("at"),
            user_id=person.id,
            name="Backup",
            token_hash=new_id("th"),
            scopes=[ApiScope.READ, ApiScope.FAMILY_ADMIN],
            expires_at=now() + timedelta(days=7),
            last_used_at=now(),
        )

    @staticmethod
    def _passkey(person: User) -> Passkey:
        return Passkey(id=new_id("pk"), user_id=person.id, name="Phone", last_used_at=now(), **made_passkey())

    def _sessions(self) -> None:
        chains = [self._session(self.ann) for _ in range(MANY)]
        self.strange_session, strange_tokens = self._session(self.stranger)
        self.strange_token = strange_tokens[0]
        self._add(*(session for session, _ in chains), self.strange_session)
        self._add(*(tokens[0] for _, tokens in chains), strange_tokens[0])
        self._add(*(tokens[1] for _, tokens in chains), strange_tokens[1])
        tokens = [self._api_token(self.ann) for _ in range(MANY)]
        self.strange_api_token = self._api_token(self.stranger)
        self._add(*tokens, self.strange_api_token)
        self._remember("ApiToken", tokens)
        passkeys = [self._passkey(self.ann) for _ in range(MANY)]
        self.strange_passkey = self._passkey(self.stranger)
        self._add(*passkeys, self.strange_passkey)
        self._remember("Passkey", passkeys)
        self._remember("Session", [session for session, _ in chains])
        self._remember("RefreshToken", [tokens[1] for _, tokens in chains])

    @staticmethod
    def _export(person: User) -> DataExport:
        return DataExport(
            id=new_id("dx"),
            user_id=person.id,
            status=DataExportStatus.SUCCEEDED,
            bytes=1000,
            finished_at=now(),
            expires_at=now() + timedelta(days=7),
        )

    def _personal_data(self) -> None:
        self._add(UserSettings(user_id=self.ann.id, region="AT", language="de-AT", time_zone="Europe/Vienna"))
        self._add(
            *(
                UserService(user_id=self.ann.id, streaming_service_id=service.id)
                for service in self.details.services
            )
        )
        exports = [self._export(self.ann) for _ in range(MANY)]
        self.strange_export = self._export(self.stranger)
        own = Family(id=new_id("fa"), name="Ann's own", created_by_id=self.ann.id)
        roles = {self.ann.id: FamilyRole.OWNER, self.relatives[0].id: FamilyRole.MEMBER}
        self._add(*exports, self.strange_export, own)
        self._add(
            *(
                FamilyMembership(id=new_id("fm"), family_id=own.id, user_id=user_id, role=role)
                for user_id, role in roles.items()
            ),
            AccountDeletion(user_id=self.ann.id, scheduled_at=now() + timedelta(days=7)),
        )
        self._remember("DataExport", exports)

    def _notifications(self) -> None:
        titles, families = [each.id for each in self.tracked], [each.id for each in self.families]
        about = notifications_of(self.ann, self.relatives, titles, self.parents, families)
        # A row has one subject, so each field of a subject is read from rows of its own.
        self.parents |= {
            f"NotificationSubject.{field}": [each.id for each in rows] for field, rows in about.items()
        }
        for name in ("Notification", "NotificationSubject"):
            self._remember(name, about["recommendation"])
        self.strange_notification = made_notification(
            self.stranger, NotificationKind.MEMBER_JOINED, self.strange_membership.id
        )
        self._add(
            NotificationSchedule(
                user_id=self.ann.id, quiet_from="22:00", quiet_until="07:00", digest_at="09:00"
            )
        )
        self._add(*(row for rows in about.values() for row in rows), self.strange_notification)


async def build_world(services: Services) -> World:
    """Stores the world in one transaction."""
    world = World()

    async def store(work: UnitOfWork) -> None:
        for rows in world.rows:
            work.session.add_all(rows)
            await work.session.flush()
        await work.session.execute(DEAD_JOBS, {"number": MANY})

    await services.database.transaction(store)
    return world
