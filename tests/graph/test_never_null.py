"""Non-null fields have a value for every viewer who can see their parent."""

from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.families.models import Family, FamilyMembership, FamilyRole
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.fields import Page
from tests.graph.walk import MODELS, OBJECTS, Field, fields, is_node
from tests.graph.world import World, build_world
from tests.support.client import Api
from tests.support.factories import Factories

FIELDS = {kind.name: list(fields(kind)) for kind in OBJECTS if kind.name in MODELS}


async def complicated(world: World, make: Factories) -> dict[str, list[str]]:
    """Adds rows for edge cases: users who left, share nothing, or were deleted. Returns all ids by type."""
    first, last = world.families[0], world.families[-1]
    ids = {name: list(world.parents[name]) for name in MODELS if is_node(name)}
    loner = await make.user("Loner")
    shy = await make.user("Shy")
    ids["FamilyMembership"].append((await make.member(first, shy, shares_watchlist=False)).id)
    ids["WatchlistEntry"] += [(await make.entry(person)).id for person in (shy, loner)]
    ids["WatchlistEntry"] += [world.secret_entry.id, world.private_entry.id]
    # A user who created a family, invited and recommended, and then left.
    left = await make.family(world.ann, shy, name="Left by its founder")
    unfounded = Family(id=new_id("fa"), name="Without a founder")
    await make.rows(
        unfounded, FamilyMembership(family_id=unfounded.id, user_id=shy.id, role=FamilyRole.OWNER)
    )
    ids["Family"] += [left.id, unfounded.id, world.strange_family.id]
    ids["FamilyMembership"].append((await make.member(last, shy, FamilyRole.ADMIN)).id)
    for by in (loner, None):
        invitation, _ = await make.invitation(left, f"{by and by.id}@example.com", by=by)
        ids["FamilyInvitation"].append(invitation.id)
    ids["FamilyInvitation"] += [invitation.id for invitation in world.for_ann]
    for sender, recipient in ((loner, world.ann), (world.ann, loner), (shy, loner)):
        ids["Recommendation"].append((await make.recommendation(sender, recipient)).id)
    ids["User"] += [loner.id, shy.id, world.ann.id, world.stranger.id]
    ids["Profile"] += list(world.profiles.values())
    ids["Session"].append(world.strange_session.id)
    ids["RefreshToken"].append(world.strange_token.id)
    world.relatives += [loner, shy]
    return ids


def links(field: Field) -> str:
    """Returns a field with a selection of all non-null fields of its target."""
    below = [
        each.selection()
        for each in FIELDS.get(field.target, [])
        if each.required and not isinstance(each.declared, Page)
    ]
    nested = [text for text in below if "{" in text]
    counted = isinstance(field.declared, Page)
    return field.selection(" ".join(["__typename", *nested]), arguments="first: 10", count=counted)


def viewers(world: World) -> list[User]:
    """Returns users who see different parts of the world."""
    return [world.ann, world.relatives[0], world.stranger, *world.relatives[-2:]]


async def test_non_null_fields_have_values_for_every_viewer_of_their_parent(
    api: Api, services: Services, make: Factories
) -> None:
    world = await build_world(services)
    ids = await complicated(world, make)
    seen = dict.fromkeys(ids, 0)
    wrong = []
    for viewer in viewers(world):
        client = api.as_(viewer)
        for name, keys in ids.items():
            asked = " ".join(links(field) for field in FIELDS[name])
            query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ {asked} }} }} }}"
            result = await client.result(world.with_ids(query), ids=list(dict.fromkeys(keys))[:100])
            wrong += [f"{viewer.name}, {name}: {error}" for error in result.get("errors", [])]
            seen[name] += sum(row is not None for row in result.get("data", {}).get("nodes", []))
        # The objects in `changes` are those of other fields.
        fields = [field for field in FIELDS["Viewer"] if field.name != "changes"]
        for part in (fields[::2], fields[1::2]):  # an operation has 50 objects at most
            asked = " ".join(map(links, part))
            result = await client.result(f"{{ viewer {{ {asked} }} }}")
            wrong += [f"{viewer.name}, Viewer: {error}" for error in result.get("errors", [])]
    assert not wrong, "\n".join(wrong[:20])
    assert all(seen.values()), seen
