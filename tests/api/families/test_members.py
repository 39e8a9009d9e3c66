"""Roles, transfer of ownership, removing members and leaving."""

from collections.abc import Awaitable, Callable
from typing import Any

from infocus_graphql.domains.families.models import Family, FamilyRole
from tests.api.families.conftest import Home, Rows
from tests.support.client import Api
from tests.support.factories import Factories

Roles = Callable[[Family], Awaitable[dict[str, str]]]
MEMBERSHIP = "membership { role user { id } family { id } }"
OWNED = "family { viewerMembership { role } members { nodes { role user { id } } } }"


def member(home: Home, person: Any, **more: Any) -> dict[str, Any]:
    """Returns the input for a mutation on a member of the family."""
    return {"familyId": home.family.id, "userId": person.id, **more}


async def test_the_owner_changes_roles_between_member_and_admin(api: Api, home: Home, roles: Roles) -> None:
    olga = api.as_(home.olga)
    for role in ("ADMIN", "ADMIN", "MEMBER", "MEMBER"):
        payload = await olga.change(
            "updateFamilyMemberRole", member(home, home.mia, role=role), fields=MEMBERSHIP
        )
        assert payload == {
            "membership": {"role": role, "user": {"id": home.mia.id}, "family": {"id": home.family.id}},
            "errors": [],
        }
        assert (await roles(home.family))[home.mia.id] == role.lower()


async def test_ownership_can_not_be_changed_with_a_role(api: Api, home: Home, roles: Roles) -> None:
    before = await roles(home.family)
    olga = api.as_(home.olga)
    for person, paths in ((home.mia, {"role"}), (home.adam, {"role"}), (home.olga, {"role", "userId"})):
        payload = await olga.change("updateFamilyMemberRole", member(home, person, role="OWNER"))
        assert {error["code"] for error in payload["errors"]} == {"INVALID"}
        assert {error["path"][1] for error in payload["errors"]} == paths
    for role in ("ADMIN", "MEMBER"):
        refused = await olga.refused("updateFamilyMemberRole", member(home, home.olga, role=role))
        assert refused == ("INVALID", ["input", "userId"])
    assert await roles(home.family) == before


async def test_only_the_owner_changes_roles(api: Api, home: Home, roles: Roles) -> None:
    before = await roles(home.family)
    for actor in (home.adam, home.mia):
        for target in (home.olga, home.adam, home.mia):
            for role in ("OWNER", "ADMIN", "MEMBER"):
                payload = await api.as_(actor).change(
                    "updateFamilyMemberRole", member(home, target, role=role)
                )
                *others, error = payload["errors"]
                assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "familyId"])
                assert [each["path"] for each in others] == [["input", "role"]] * (role == "OWNER")
                assert error["requiredRole"] == "OWNER"
    assert await roles(home.family) == before


async def test_a_transfer_makes_another_member_the_owner_and_the_owner_an_admin(
    api: Api, home: Home, roles: Roles
) -> None:
    to_mia = {"familyId": home.family.id, "toUserId": home.mia.id}
    payload = await api.as_(home.olga).change("transferFamilyOwnership", to_mia, fields=OWNED)
    assert payload == {
        "family": {
            "viewerMembership": {"role": "ADMIN"},
            "members": {
                "nodes": [
                    {"role": "ADMIN", "user": {"id": home.olga.id}},
                    {"role": "ADMIN", "user": {"id": home.adam.id}},
                    {"role": "OWNER", "user": {"id": home.mia.id}},
                ]
            },
        },
        "errors": [],
    }
    # The former owner has lost the owner's permissions.
    (error,) = (await api.as_(home.olga).change("transferFamilyOwnership", to_mia))["errors"]
    assert (error["code"], error["path"], error["requiredRole"]) == (
        "FORBIDDEN",
        ["input", "familyId"],
        "OWNER",
    )
    removed = await api.as_(home.mia).change("removeFamilyMember", member(home, home.olga))
    assert removed["errors"] == []
    assert await roles(home.family) == {home.adam.id: "admin", home.mia.id: "owner"}


async def test_a_transfer_needs_the_owner_and_another_member(api: Api, home: Home, roles: Roles) -> None:
    before = await roles(home.family)
    for actor in (home.adam, home.mia):
        for target in (home.olga, home.adam, home.mia):
            refused = await api.as_(actor).refused(
                "transferFamilyOwnership", {"familyId": home.family.id, "toUserId": target.id}
            )
            assert refused == ("FORBIDDEN", ["input", "familyId"])
    to_self = {"familyId": home.family.id, "toUserId": home.olga.id}
    refused = await api.as_(home.olga).refused("transferFamilyOwnership", to_self)
    assert refused == ("INVALID", ["input", "toUserId"])
    for other in (home.sam.id, home.gus.id, home.family.id, "nonsense"):
        to_other = {"familyId": home.family.id, "toUserId": other}
        refused = await api.as_(home.olga).refused("transferFamilyOwnership", to_other)
        assert refused == ("NOT_FOUND", ["input", "toUserId"])
    assert await roles(home.family) == before


async def test_the_database_enforces_at_most_one_owner(
    api: Api, home: Home, rows: Rows, make: Factories
) -> None:
    indexes = "SELECT indexdef FROM pg_indexes WHERE indexname = 'uq_family_memberships_owner'"
    (index,) = await rows(indexes)
    assert "UNIQUE" in index["indexdef"]
    assert "(family_id) WHERE (role = 'owner'" in index["indexdef"]


async def test_the_owner_can_remove_every_other_member(
    api: Api, home: Home, roles: Roles, rows: Rows
) -> None:
    for person in (home.adam, home.mia):
        of_person = "SELECT id FROM family_memberships WHERE user_id = $1 AND family_id = $2"
        (theirs,) = await rows(of_person, person.id, home.family.id)
        payload = await api.as_(home.olga).change(
            "removeFamilyMember", member(home, person), fields="deletedId"
        )
        assert payload == {"deletedId": theirs["id"], "errors": []}
        again = await api.as_(home.olga).refused("removeFamilyMember", member(home, person))
        assert again == ("NOT_FOUND", ["input", "userId"])
    assert await roles(home.family) == {home.olga.id: "owner"}


async def test_admins_remove_plain_members_only(api: Api, home: Home, make: Factories, roles: Roles) -> None:
    ada, ben = await make.user("Ada"), await make.user("Ben")
    await make.member(home.family, ada, FamilyRole.ADMIN)
    await make.member(home.family, ben)
    before = await roles(home.family)
    for target in (home.olga, ada):
        (error,) = (await api.as_(home.adam).change("removeFamilyMember", member(home, target)))["errors"]
        assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "userId"])
        assert error["requiredRole"] == "OWNER"
    assert await roles(home.family) == before
    assert (await api.as_(home.adam).change("removeFamilyMember", member(home, ben)))["errors"] == []
    assert ben.id not in await roles(home.family)


async def test_plain_members_can_not_remove_members(
    api: Api, home: Home, make: Factories, roles: Roles
) -> None:
    ben = await make.user("Ben")
    await make.member(home.family, ben)
    before = await roles(home.family)
    for target, needed in ((home.olga, "OWNER"), (home.adam, "OWNER"), (ben, "ADMIN")):
        (error,) = (await api.as_(home.mia).change("removeFamilyMember", member(home, target)))["errors"]
        assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "userId"])
        assert error["requiredRole"] == needed
    assert await roles(home.family) == before


async def test_members_can_not_remove_themselves(api: Api, home: Home, roles: Roles) -> None:
    before = await roles(home.family)
    for person in (home.olga, home.adam, home.mia):
        refused = await api.as_(person).refused("removeFamilyMember", member(home, person))
        assert refused == ("INVALID", ["input", "userId"])
    assert await roles(home.family) == before


async def test_a_user_outside_of_the_family_is_not_found(api: Api, home: Home, roles: Roles) -> None:
    before = await roles(home.family)
    for target in (home.sam.id, home.gus.id, home.family.id, "us" + "0" * 25, "nonsense", ""):
        nobody = {"familyId": home.family.id, "userId": target}
        for actor in (home.olga, home.adam, home.mia):
            assert await api.as_(actor).refused("removeFamilyMember", nobody) == (
                "NOT_FOUND",
                ["input", "userId"],
            )
        refused = await api.as_(home.olga).refused("updateFamilyMemberRole", {**nobody, "role": "ADMIN"})
        assert refused == ("NOT_FOUND", ["input", "userId"])
    assert await roles(home.family) == before


async def test_members_and_admins_can_leave(api: Api, home: Home, roles: Roles) -> None:
    here = {"id": home.family.id}
    for person in (home.mia, home.adam):
        payload = await api.as_(person).change("leaveFamily", here, fields="deletedId")
        assert payload["errors"] == []
        assert payload["deletedId"].startswith("fm")
        again = await api.as_(person).refused("leaveFamily", here)
        assert again == ("NOT_FOUND", ["input", "id"])
    assert await roles(home.family) == {home.olga.id: "owner"}


async def test_the_owner_can_leave_only_after_a_transfer(
    api: Api, home: Home, make: Factories, roles: Roles
) -> None:
    here, olga = {"id": home.family.id}, api.as_(home.olga)
    before = await roles(home.family)
    assert await olga.refused("leaveFamily", here) == ("OWNER_CANNOT_LEAVE", ["input", "id"])
    assert await roles(home.family) == before
    await olga.change("transferFamilyOwnership", {"familyId": home.family.id, "toUserId": home.adam.id})
    assert (await olga.change("leaveFamily", here))["errors"] == []
    assert await roles(home.family) == {home.adam.id: "owner", home.mia.id: "member"}
    # Also if the owner is the only member.
    den = await make.family(home.sam)
    refused = await api.as_(home.sam).refused("leaveFamily", {"id": den.id})
    assert refused == ("OWNER_CANNOT_LEAVE", ["input", "id"])


async def test_a_former_member_can_be_invited_and_join_again(api: Api, home: Home, roles: Roles) -> None:
    await api.as_(home.adam).change("leaveFamily", {"id": home.family.id})
    to_adam = {"familyId": home.family.id, "email": home.adam.email}
    token = (await api.as_(home.olga).change("inviteToFamily", to_adam, fields="token"))["token"]
    assert (await api.as_(home.adam).change("acceptFamilyInvitation", {"token": token}))["errors"] == []
    # The former role is not restored.
    assert (await roles(home.family))[home.adam.id] == "member"
