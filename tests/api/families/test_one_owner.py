"""Property test: after any sequence of member actions, a family has exactly one owner."""

import random
from collections.abc import Awaitable, Callable

import pytest

from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.identity.users.models import User
from tests.support.client import Api
from tests.support.factories import Factories

PEOPLE, STEPS = 4, 60
ACTIONS = ("promote", "demote", "crown", "transfer", "remove", "leave", "invite")
# (action, index of the actor, index of the target)
Step = tuple[str, int, int]


def next_step(chance: random.Random, roles: dict[int, str]) -> Step:
    """Returns a random action of a random actor on a random target; half of them by the owner."""
    owner = next(number for number, role in roles.items() if role == "owner")
    actor = owner if chance.random() < 0.5 else chance.randrange(PEOPLE)
    return chance.choice(ACTIONS), actor, chance.randrange(PEOPLE)


def expected(roles: dict[int, str], step: Step) -> dict[int, str]:
    """Returns the roles after a step, from a minimal model of the rules. Forbidden steps change nothing."""
    action, actor, target = step
    mine, theirs = roles.get(actor), roles.get(target)
    after = dict(roles)
    if action == "leave" and mine in {"admin", "member"}:
        del after[actor]
    if action == "invite" and mine in {"owner", "admin"} and theirs is None:
        after[target] = "member"
    if actor == target or mine is None or theirs is None:
        return after
    if action == "remove" and (mine == "owner" or (mine == "admin" and theirs == "member")):
        del after[target]
    if mine == "owner" and action in {"promote", "demote"}:
        after[target] = "admin" if action == "promote" else "member"
    if mine == "owner" and action == "transfer":
        after[actor], after[target] = "admin", "owner"
    return after


async def perform(api: Api, family: Family, people: list[User], step: Step) -> None:
    """Performs the step through the API and ignores the result."""
    action, actor, target = step[0], people[step[1]], people[step[2]]
    client, here = api.as_(actor), {"familyId": family.id}
    to_role = {"promote": "ADMIN", "demote": "MEMBER", "crown": "OWNER"}
    if action in to_role:
        await client.change("updateFamilyMemberRole", {**here, "userId": target.id, "role": to_role[action]})
    elif action == "transfer":
        await client.change("transferFamilyOwnership", {**here, "toUserId": target.id})
    elif action == "remove":
        await client.change("removeFamilyMember", {**here, "userId": target.id})
    elif action == "leave":
        await client.change("leaveFamily", {"id": family.id})
    else:
        payload = await client.change("inviteToFamily", {**here, "email": target.email}, fields="token")
        if payload["token"]:
            await api.as_(target).change("acceptFamilyInvitation", {"token": payload["token"]})


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_actions_follow_the_rules_and_leave_one_owner(
    api: Api, make: Factories, roles: Callable[[Family], Awaitable[dict[str, str]]], seed: int
) -> None:
    chance = random.Random(seed)
    people = [await make.user(f"P{number}") for number in range(PEOPLE)]
    family = await make.family(*people)
    known = {0: "owner", **{number: "member" for number in range(1, PEOPLE)}}
    for _ in range(STEPS):
        step = next_step(chance, known)
        await perform(api, family, people, step)
        known = expected(known, step)
        found = await roles(family)
        assert found == {people[number].id: role for number, role in known.items()}, step
        assert list(found.values()).count("owner") == 1
