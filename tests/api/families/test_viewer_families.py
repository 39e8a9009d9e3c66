"""`viewer.families`: nodes are families, and edges have the fields of the membership."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.families.models import Family, FamilyMembership, FamilyRole
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.statements import recorded

START = datetime(2024, 5, 1, tzinfo=UTC)
ROLES = [FamilyRole.OWNER, FamilyRole.MEMBER, FamilyRole.ADMIN]
FAMILIES = """query ($first: Int, $after: String, $last: Int, $before: String) { viewer {
  families(first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { __typename id name }
    edges { __typename cursor role joinedAt node { id name viewerMembership { role joinedAt } } } } } }"""


@pytest.fixture
async def ann(make: Factories) -> User:
    """Ann, who owns A, is a member of B and an admin of C, joined in this order. Family D is unrelated."""
    ann, bob = await make.user("Ann"), await make.user("Bob")
    for index, (letter, role) in enumerate(zip("ABC", ROLES, strict=True)):
        owner = ann if role is FamilyRole.OWNER else bob
        family = Family(id=new_id("fa"), name=letter, created_by_id=owner.id)
        joined = START + timedelta(days=index)
        rows = [FamilyMembership(family_id=family.id, user_id=ann.id, role=role, joined_at=joined)]
        if owner is bob:
            rows.append(FamilyMembership(family_id=family.id, user_id=bob.id, role=FamilyRole.OWNER))
        await make.rows(family, *rows)
    await make.family(bob, name="D")
    return ann


async def page(api: Api, user: User, **window: Any) -> dict[str, Any]:
    """Returns a page of the user's families."""
    found: dict[str, Any] = (await api.as_(user).data(FAMILIES, **window))["families"]
    return found


async def test_the_nodes_are_families_and_the_edges_have_role_and_date(api: Api, ann: User) -> None:
    found = await page(api, ann)
    assert [(node["__typename"], node["name"]) for node in found["nodes"]] == [
        ("Family", "A"),
        ("Family", "B"),
        ("Family", "C"),
    ]
    assert found["totalCount"] == 3
    for edge, node, role in zip(found["edges"], found["nodes"], ROLES, strict=True):
        membership = {"role": edge["role"], "joinedAt": edge["joinedAt"]}
        assert edge["__typename"] == "ViewerFamilyEdge"
        assert edge["node"] == {"id": node["id"], "name": node["name"], "viewerMembership": membership}
        assert edge["role"] == role.name
    assert [edge["joinedAt"] for edge in found["edges"]] == sorted(e["joinedAt"] for e in found["edges"])


async def test_families_are_paged_both_ways(api: Api, ann: User) -> None:
    whole = (await page(api, ann))["edges"]
    forwards, after = [], None
    for _ in whole:
        part = await page(api, ann, first=1, after=after)
        forwards += part["edges"]
        after = part["pageInfo"]["endCursor"]
    assert forwards == whole
    assert not part["pageInfo"]["hasNextPage"]
    last = await page(api, ann, last=2, before=whole[2]["cursor"])
    assert (last["edges"], last["pageInfo"]["hasNextPage"]) == (whole[:2], True)


async def test_memberships_refer_to_the_same_families(api: Api, ann: User) -> None:
    query = (
        "{ viewer { families { edges { role node { id } } } memberships { nodes { role family { id } } } } }"
    )
    found = await api.as_(ann).data(query)
    assert found["families"]["edges"] == [
        {"role": node["role"], "node": node["family"]} for node in found["memberships"]["nodes"]
    ]


@pytest.mark.parametrize("selection", ["nodes { name }", "edges { role node { name } }"])
async def test_the_number_of_statements_does_not_grow_with_families(
    api: Api, services: Services, make: Factories, ann: User, selection: str
) -> None:
    loner = await make.user()
    await make.family(loner)
    query = f"{{ viewer {{ families {{ {selection} }} }} }}"
    asked = []
    for user in (loner, ann):
        with recorded(services.database) as statements:
            await api.as_(user).data(query)
        asked.append(len(statements))
    assert asked[0] == asked[1]
