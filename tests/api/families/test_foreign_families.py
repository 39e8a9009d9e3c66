"""Responses for hidden objects are identical to those for objects that don't exist."""

from typing import Any

import pytest

from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.families.models import FamilyInvitationStatus
from infocus_graphql.domains.families.mutations import FamilyMutations
from infocus_graphql.graph.strawberry_internals import object_definition
from tests.api.families.conftest import Home, Rows
from tests.support.client import Api
from tests.support.factories import Factories

# Every mutation whose input names a family or an invitation, with its input. FAMILY and INVITATION stand
# for the id, and MEMBER for a member of that family.
FAMILY, INVITATION, MEMBER = "FAMILY", "INVITATION", "MEMBER"
OF_A_FAMILY: dict[str, dict[str, Any]] = {
    "updateFamily": {"id": FAMILY, "name": "Ours"},
    "deleteFamily": {"id": FAMILY},
    "inviteToFamily": {"familyId": FAMILY, "email": "eve@example.com"},
    "updateFamilyMemberRole": {"familyId": FAMILY, "userId": MEMBER, "role": "ADMIN"},
    "transferFamilyOwnership": {"familyId": FAMILY, "toUserId": MEMBER},
    "removeFamilyMember": {"familyId": FAMILY, "userId": MEMBER},
    "leaveFamily": {"id": FAMILY},
    "updateFamilySharing": {"familyId": FAMILY, "sharesWatchlist": False},
}
OF_AN_INVITATION: dict[str, dict[str, Any]] = {
    "resendFamilyInvitation": {"id": INVITATION},
    "revokeFamilyInvitation": {"id": INVITATION},
}
BY_TOKEN = {"acceptFamilyInvitation", "declineFamilyInvitation"}  # see test_accept_invitation
QUERIES = {
    "family": "query ($id: ID!) { family(id: $id) { id name members { totalCount } } }",
    "node": "query ($id: ID!) { node(id: $id) { __typename id } }",
    "nodes": "query ($id: ID!) { nodes(ids: [$id]) { __typename id } }",
    "suggestions": "query ($id: ID!) { viewer { suggestions(familyId: $id) { nodes { score } } } }",
}
EVERYTHING = """
SELECT f::text, m::text, i::text
FROM families f FULL JOIN family_memberships m ON false FULL JOIN family_invitations i ON false
ORDER BY 1, 2, 3
"""


def mutation_of(name: str, fields: dict[str, Any], ids: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Returns a mutation that selects all fields of errors, and its input."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"""
    mutation ($input: {kind}!) {{ {name}(input: $input) {{
      __typename errors {{ __typename message code path ... on PermissionError {{ requiredRole }} }}
    }} }}
    """
    return query, {field: ids.get(value, value) for field, value in fields.items()}


def test_the_table_contains_every_mutation_on_families() -> None:
    fields = object_definition(FamilyMutations).fields
    named = {"".join(part.title() for part in field.name.split("_")) for field in fields}
    tested = {*OF_A_FAMILY, *OF_AN_INVITATION, *BY_TOKEN, "createFamily"}
    assert named == {name[0].upper() + name[1:] for name in tested}


async def outsiders(api: Api, home: Home, make: Factories) -> dict[str, Api]:
    """Clients of an unrelated user, the invited user, a former member, and staff."""
    eve, root = await make.user("Eve"), await make.user("Root", is_staff=True)
    membership = await make.member(home.family, eve)
    left = await api.as_(home.olga).change(
        "removeFamilyMember", {"familyId": home.family.id, "userId": eve.id}
    )
    assert left["errors"] == []
    assert await api.as_(eve).data(QUERIES["node"], id=membership.id) is None
    return {
        "stranger": api.as_(home.sam),
        "invited": api.as_(home.gus),
        "former member": api.as_(eve),
        "staff": api.as_(root, is_staff=True),
    }


NOT_THERE = [new_id("fa"), new_id("fi"), "", "nonsense", "x" * 5000]


@pytest.mark.parametrize("name", OF_A_FAMILY)
async def test_mutations_treat_hidden_families_like_unknown_ones(
    api: Api, home: Home, make: Factories, rows: Rows, name: str
) -> None:
    clients = await outsiders(api, home, make)
    before = await rows(EVERYTHING)
    fields = OF_A_FAMILY[name]
    for who, client in clients.items():
        responses = []
        for family_id in (home.family.id, home.mia.id, *NOT_THERE):
            query, given = mutation_of(name, fields, {FAMILY: family_id, MEMBER: home.mia.id})
            responses.append(await client.result(query, input=given))
        assert all(response == responses[0] for response in responses), who
        (error,) = responses[0]["data"][name]["errors"]
        where = "id" if "id" in fields else "familyId"
        assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", where]), who
    assert await rows(EVERYTHING) == before


@pytest.mark.parametrize("name", OF_AN_INVITATION)
async def test_mutations_treat_hidden_invitations_like_unknown_ones(
    api: Api, home: Home, make: Factories, rows: Rows, name: str
) -> None:
    clients = await outsiders(api, home, make)
    del clients["invited"]  # can see it; see test_inviting
    clients["plain member"] = api.as_(home.mia)
    statuses = [each for each in FamilyInvitationStatus if each is not FamilyInvitationStatus.PENDING]
    hidden = [home.invitation.id] + [
        (await make.invitation(home.family, f"{status.value}@example.com", status=status))[0].id
        for status in statuses
    ]
    before = await rows(EVERYTHING)
    for who, client in clients.items():
        responses = []
        for invitation_id in (*hidden, home.family.id, *NOT_THERE):
            query, given = mutation_of(name, OF_AN_INVITATION[name], {INVITATION: invitation_id})
            responses.append(await client.result(query, input=given))
        assert all(response == responses[0] for response in responses), who
        (error,) = responses[0]["data"][name]["errors"]
        assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "id"]), who
    assert await rows(EVERYTHING) == before


@pytest.mark.parametrize("field", QUERIES)
async def test_queries_treat_hidden_families_like_unknown_ones(
    api: Api, home: Home, make: Factories, field: str
) -> None:
    await make.entry(home.mia, rating=8)
    clients = {"nobody": api, **await outsiders(api, home, make)}

    async def masked(client: Api, family_id: str) -> str:
        result = await client.result(QUERIES[field], id=family_id)
        return str(result).replace(f"“{family_id}”", "ID")

    for who, client in clients.items():
        unknown = await masked(client, new_id("fa"))
        # A condition that names nothing is an error; `suggestions` rejects malformed ids with another one.
        assert ("BAD_USER_INPUT" in unknown) == (field == "suggestions" and who != "nobody"), who
        malformed = () if field == "suggestions" else NOT_THERE
        for family_id in (home.family.id, *malformed):
            assert await masked(client, family_id) == unknown, who
    assert await masked(api.as_(home.mia), home.family.id) != unknown


async def test_objects_of_a_family_are_hidden_from_outsiders(
    api: Api, home: Home, make: Factories, rows: Rows
) -> None:
    entry = await make.entry(home.mia, rating=8)
    (mias,) = await rows("SELECT id FROM family_memberships WHERE user_id = $1", home.mia.id)
    profile = await rows("SELECT id FROM profiles WHERE user_id = $1", home.mia.id)
    clients = {"nobody": api, **await outsiders(api, home, make)}
    ids = [home.family.id, mias["id"], home.mia.id, profile[0]["id"], entry.id]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for who, client in clients.items():
        assert await client.data(query, ids=ids) == [None] * len(ids), who
    assert [each["id"] for each in await api.as_(home.olga).data(query, ids=ids)] == ids


async def test_objects_of_a_family_are_hidden_from_former_members(
    api: Api, home: Home, make: Factories
) -> None:
    everything = """
    query ($family: ID!, $person: ID!, $entry: ID!) {
      family(id: $family) { name }
      person: node(id: $person) { id }
      entry: node(id: $entry) { id }
      viewer { families { totalCount nodes { id } } suggestions { totalCount }
        familyInvitations { nodes { id } } }
    }
    """
    entry = await make.entry(home.olga, rating=9)
    ids = {"family": home.family.id, "person": home.olga.id, "entry": entry.id}
    for person, leaves in ((home.mia, True), (home.adam, False)):
        client = api.as_(person)
        inside = await client.data(everything, **ids)
        assert None not in inside.values()
        assert inside["viewer"]["suggestions"] == {"totalCount": 1}
        if leaves:
            await client.change("leaveFamily", {"id": home.family.id})
        else:
            removal = {"familyId": home.family.id, "userId": person.id}
            await api.as_(home.olga).change("removeFamilyMember", removal)
        assert await client.data(everything, **ids) == {
            "family": None,
            "person": None,
            "entry": None,
            "viewer": {
                "families": {"totalCount": 0, "nodes": []},
                "suggestions": {"totalCount": 0},
                "familyInvitations": {"nodes": []},
            },
        }


async def test_other_users_families_are_visible_only_if_shared(api: Api, home: Home, make: Factories) -> None:
    await make.member(home.elsewhere, home.mia)
    query = """
    query ($id: ID!) { node(id: $id) { ... on User {
      memberships { totalCount nodes { family { name } } } familiesCreated { totalCount nodes { name } }
    } } }
    """
    mia = await api.as_(home.olga).data(query, id=home.mia.id)
    assert mia["memberships"] == {"totalCount": 1, "nodes": [{"family": {"name": "Home"}}]}
    sam = await api.as_(home.mia).data(query, id=home.sam.id)
    assert sam["familiesCreated"] == {"totalCount": 1, "nodes": [{"name": "Elsewhere"}]}
    assert await api.as_(home.olga).data(query, id=home.sam.id) is None
