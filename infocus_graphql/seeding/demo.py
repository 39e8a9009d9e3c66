"""The demo data set, created by the API's use cases in one transaction."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.viewer import ANONYMOUS, Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.families.models import FamilyRole
from infocus_graphql.domains.families.writes.families import create_family
from infocus_graphql.domains.families.writes.invitation_replies import accept_family_invitation
from infocus_graphql.domains.families.writes.invitations import (
    invite_to_family,
)
from infocus_graphql.domains.families.writes.members import update_family_member_role
from infocus_graphql.domains.identity.sessions.writes import IssuedSession, Lifetimes, refresh_session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.writes import promote_to_staff, update_profile
from infocus_graphql.domains.media.models import MediaType, OfferType
from infocus_graphql.domains.media.writes import save_media_item, save_streaming_provider
from infocus_graphql.domains.recommendations.writes import recommend
from infocus_graphql.domains.registration.writes.registration import (
    RegistrationRequest,
    SessionParameters,
    create_account,
)
from infocus_graphql.domains.watchlists.models import Visibility, WatchStatus
from infocus_graphql.domains.watchlists.writes import add_to_watchlist
from infocus_graphql.graph.context import Services
from infocus_graphql.seeding.files import seed_file
from infocus_graphql.tmdb.records import TitleType


@dataclass(frozen=True, slots=True)
class _MediaRef:
    """A substitute for the GraphQL input `MediaRef`, whose module imports the whole schema."""

    id: str
    tmdb: None = None


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """The credentials of a demo user."""

    label: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The result of seeding. `created` is False if the demo data existed already."""

    created: bool
    family_id: str | None = None


_DATA = seed_file("demo.json")
DEMO_ACCOUNTS = tuple(
    DemoAccount(person["label"], person["email"], person["password"]) for person in _DATA["people"]
)
DEMO_TITLES = tuple((TitleType(each["tmdb_type"]), int(each["tmdb_id"])) for each in _DATA["media"])


async def seed_demo(services: Services) -> DemoReport:
    """Creates the demo data, unless the first demo account exists."""
    people = _DATA["people"]
    hashes = {person["name"]: await services.passwords.hash(person["password"]) for person in people}
    return await services.database.transaction(_seed, services, hashes)


async def _seed(work: UnitOfWork, services: Services, hashes: dict[str, str]) -> DemoReport:
    data = _DATA
    # A concurrent seeder waits here, then finds the data and creates nothing.
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("infocus demo seed"))))
    first = data["people"][0]["email"]
    if await work.session.scalar(select(User.id).where(func.lower(User.email) == first)):
        return DemoReport(created=False)
    viewers = {person["name"]: await _person(work, services, person, hashes) for person in data["people"]}
    titles = {item["tmdb_id"]: await _title(work, item) for item in data["media"]}
    for entry in data["entries"]:
        await add_to_watchlist(
            work,
            viewers[entry["person"]],
            media=_MediaRef(titles[entry["title"]]),
            status=WatchStatus(entry["status"]),
            rating=entry.get("rating"),
            notes=entry.get("notes"),
            notes_visibility=Visibility(entry.get("notes_visibility", "private")),
        )
    family_id = await _family(work, services, data["family"], viewers, data["people"])
    proposal = data["recommendation"]
    await recommend(
        work,
        viewers[proposal["from"]],
        media=_MediaRef(titles[proposal["title"]]),
        to_user_ids=[viewers[proposal["to"]].id or ""],
        message=proposal["message"],
    )
    return DemoReport(created=True, family_id=family_id)


async def _person(work: UnitOfWork, services: Services, person: JsonObject, hashes: dict[str, str]) -> Viewer:
    """Creates a user with a profile, a session, and a refresh token that was exchanged once."""
    lifetimes = Lifetimes.of(services.settings)
    opened: IssuedSession = await create_account(
        work,
        ANONYMOUS,
        RegistrationRequest(person["email"], person["name"], hashes[person["name"]]),
        proved=True,
        # The network is reserved for documentation (RFC 5737).
        device=SessionParameters(lifetimes, person["device"], "192.0.2.0/24"),
        links=None,
    )
    await refresh_session(
        work, ANONYMOUS, refresh_token=opened.refresh_token, tokens=services.tokens, lifetimes=lifetimes
    )
    viewer = Viewer(opened.user_id, opened.session_id)
    await update_profile(
        work,
        viewer,
        bio=person.get("bio"),
        avatar=person.get("avatar"),
        preferences=person["preferences"],
    )
    if person.get("staff"):
        await promote_to_staff(work, email=person["email"])
    return viewer


async def _title(work: UnitOfWork, item: JsonObject) -> str:
    staff = Viewer(is_staff=True)
    media_item_id = await save_media_item(
        work,
        staff,
        tmdb_type=MediaType(item["tmdb_type"]),
        tmdb_id=item["tmdb_id"],
        title=item["title"],
        description=item["description"],
        release_date=date.fromisoformat(item["release_date"]),
        rating=item["rating"],
        genres=item["genres"],
        creators=item["creators"],
    )
    for offer in item["offers"]:
        await save_streaming_provider(
            work,
            staff,
            media=_MediaRef(media_item_id),
            provider=offer["provider"],
            offer_type=OfferType(offer["offer_type"]),
            url=offer["url"],
            regions=offer["regions"],
        )
    return media_item_id


async def _family(
    work: UnitOfWork,
    services: Services,
    family: JsonObject,
    viewers: dict[str, Viewer],
    people: list[JsonObject],
) -> str:
    """Creates a family whose members accepted invitations, with another invitation still pending."""
    emails = {person["name"]: person["email"] for person in people}
    owner = viewers[family["owner"]]
    derive = services.tokens.derived
    family_id = await create_family(work, owner, name=family["name"])
    for name in (family["admin"], family["member"]):
        issued = await invite_to_family(
            work, owner, family_id=family_id, email=emails[name], derive=derive, links=None
        )
        await accept_family_invitation(work, viewers[name], token=issued.token)
    await update_family_member_role(
        work, owner, family_id=family_id, user_id=viewers[family["admin"]].id or "", role=FamilyRole.ADMIN
    )
    await invite_to_family(
        work, owner, family_id=family_id, email=family["invited"], derive=derive, links=None
    )
    return family_id
