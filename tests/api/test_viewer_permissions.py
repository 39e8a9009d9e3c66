"""`viewerCan…` agrees with what the mutations do, for every role and every target."""

from datetime import timedelta
from typing import Any

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.identity.users.models import User
from tests.support.client import Api
from tests.support.factories import Factories

OWNER, ADMIN, MEMBER = FamilyRole
ROLES = (OWNER, ADMIN, ADMIN, MEMBER, MEMBER)  # of the members of each family
ACTORS = (0, 1, 3)  # their places in ROLES: one for each role
OF_FAMILY = [
    ("viewerCanRename", "updateFamily", {"id": "{family}", "name": "New"}),
    ("viewerCanInvite", "inviteToFamily", {"familyId": "{family}", "email": "zoe@example.com"}),
    ("viewerCanInvite", "resendFamilyInvitation", {"id": "{invitation}"}),
    ("viewerCanInvite", "revokeFamilyInvitation", {"id": "{invitation}"}),
    ("viewerCanDelete", "deleteFamily", {"id": "{family}"}),
    ("viewerCanLeave", "leaveFamily", {"id": "{family}"}),
]
OF_MEMBER = [
    ("viewerCanRemove", "removeFamilyMember", {"familyId": "{family}", "userId": "{user}"}),
    (
        "viewerCanChangeRole",
        "updateFamilyMemberRole",
        {"familyId": "{family}", "userId": "{user}", "role": "ADMIN"},
    ),
    ("viewerCanChangeRole", "transferFamilyOwnership", {"familyId": "{family}", "toUserId": "{user}"}),
]
FAMILY = """query ($id: ID!) { family(id: $id) {
    viewerCanRename viewerCanInvite viewerCanDelete viewerCanLeave
    members { nodes { user { id isViewer } viewerCanRemove viewerCanChangeRole } }
} }"""


async def families(make: Factories, people: list[User], count: int) -> dict[str, str]:
    """Creates equal families of these users with a pending invitation each; returns the ids of both."""
    ids = {new_id("fa"): new_id("fi") for _ in range(count)}
    memberships = [
        FamilyMembership(family_id=family, user_id=user.id, role=role)
        for family in ids
        for user, role in zip(people, ROLES, strict=True)
    ]
    invitations = [
        FamilyInvitation(
            id=invitation,
            family_id=family,
            email="gus@example.com",
            token_hash=invitation,
            expires_at=now() + timedelta(days=1),
        )
        for family, invitation in ids.items()
    ]
    await make.rows(*(Family(id=family, name="Home") for family in ids), *memberships, *invitations)
    return ids


async def does(api: Api, mutation: str, given: dict[str, str], **names: str) -> bool:
    """Runs a mutation, and returns whether it had no error."""
    payload = await api.change(mutation, {key: value.format(**names) for key, value in given.items()})
    return not payload["errors"]


async def test_families_and_members(api: Api, make: Factories) -> None:
    people = [await make.user() for _ in ROLES]
    cases: list[tuple[Any, ...]] = []  # place of the actor, id of the member or "", field, mutation, input
    for place in ACTORS:
        cases += [(place, "", *each) for each in OF_FAMILY]
        cases += [(place, user.id, *each) for user in people for each in OF_MEMBER]
    homes = await families(make, people, len(cases))
    clients = {place: api.as_(people[place]) for place in ACTORS}
    shown = {place: await client.data(FAMILY, id=next(iter(homes))) for place, client in clients.items()}
    promised, done = {}, {}
    for (home, invitation), case in zip(homes.items(), cases, strict=True):
        place, user, field, mutation, given = case
        family, key = shown[place], (ROLES[place].name, mutation, user)
        members = {each["user"]["id"]: each for each in family["members"]["nodes"]}
        promised[key] = (members[user] if user else family)[field]
        names = {"family": home, "invitation": invitation, "user": user}
        done[key] = await does(clients[place], mutation, given, **names)
    assert promised == done
    assert set(done.values()) == {True, False}
    for place, family in shown.items():
        users = [each["user"] for each in family["members"]["nodes"]]
        assert [user["id"] for user in users if user["isViewer"]] == [people[place].id]


async def test_entries(api: Api, make: Factories) -> None:
    ann, bob = [await make.user(name) for name in ("Ann", "Bob")]
    await make.family(ann, bob)
    item = await make.media()
    entries = [await make.entry(user, item) for user in (ann, bob)]
    client = api.as_(ann)
    query = "query ($id: ID!) { node(id: $id) { ... on WatchlistEntry { viewerCanUpdate viewerCanDelete } } }"
    for entry, own in zip(entries, (True, False), strict=True):
        assert await client.data(query, id=entry.id) == {"viewerCanUpdate": own, "viewerCanDelete": own}
        assert await does(client, "updateWatchlistEntry", {"id": entry.id, "status": "WATCHING"}) is own
        assert await does(client, "removeFromWatchlist", {"entryId": entry.id}) is own
