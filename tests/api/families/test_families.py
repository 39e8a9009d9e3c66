"""Creating, renaming, reading and deleting families."""

import json

import pytest

from infocus_graphql.core.ids import new_id
from tests.api.families.conftest import Home, Rows
from tests.support.client import Api
from tests.support.factories import Factories

FAMILY = (
    "family { id name createdBy { id } viewerMembership { role sharesWatchlist } members { totalCount } }"
)
NAME = "query ($id: ID!) { family(id: $id) { name } }"


async def test_the_creator_of_a_family_is_its_owner(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    made = (await api.as_(ann).change("createFamily", {"name": "Home"}, fields=FAMILY))["family"]
    assert made.pop("id").startswith("fa")
    assert made == {
        "name": "Home",
        "createdBy": {"id": ann.id},
        "viewerMembership": {"role": "OWNER", "sharesWatchlist": True},
        "members": {"totalCount": 1},
    }


async def test_an_anonymous_viewer_can_not_create_a_family(api: Api, rows: Rows) -> None:
    response = await api.result('mutation { createFamily(input: {name: "Home"}) { errors { code } } }')
    assert response["data"] is None
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert error["path"] == ["createFamily"]
    assert await rows("SELECT 1 FROM families") == []


async def test_a_deleted_user_can_not_create_a_family(api: Api, rows: Rows) -> None:
    assert await api.as_(new_id("us")).refused("createFamily", {"name": "Home"}) == ("NOT_FOUND", [])
    assert await rows("SELECT 1 FROM families") == []


NAMES = [
    ("A", "A"),
    ("  The Bluths  ", "The Bluths"),
    ("x" * 100, "x" * 100),
    ("👪" * 100, "👪" * 100),
    ("x" * 101, "TOO_LONG"),
    ("👪" * 101, "TOO_LONG"),
    ("", "REQUIRED"),
    (" \t\n\u00a0 ", "REQUIRED"),
]


@pytest.mark.parametrize("mutation", ["createFamily", "updateFamily"])
async def test_a_name_has_1_to_100_characters(api: Api, home: Home, rows: Rows, mutation: str) -> None:
    target = {} if mutation == "createFamily" else {"id": home.family.id}
    for name, outcome in NAMES:
        before = await rows("SELECT * FROM families ORDER BY id")
        change = {**target, "name": name}
        payload = await api.as_(home.olga).change(mutation, change, fields="family { name }")
        if outcome not in {"TOO_LONG", "REQUIRED"}:
            assert payload == {"family": {"name": outcome}, "errors": []}
            continue
        (error,) = payload["errors"]
        assert payload["family"] is None
        assert (error["code"], error["path"]) == (outcome, ["input", "name"])
        assert (error["__typename"], error["min"], error["max"]) == ("ValidationError", 1, 100)
        assert await rows("SELECT * FROM families ORDER BY id") == before


@pytest.mark.parametrize("mutation", ["createFamily", "updateFamily"])
async def test_a_name_that_postgresql_can_not_store_is_rejected(
    api: Api, home: Home, rows: Rows, mutation: str
) -> None:
    target = {} if mutation == "createFamily" else {"id": home.family.id}
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    query = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}"
    headers = {**api.as_(home.olga).headers, "Content-Type": "application/json"}
    before = await rows("SELECT * FROM families ORDER BY id")
    for name in ("a\0b", "a\ud800b", "\udc00"):
        body = json.dumps({"query": query, "variables": {"input": {**target, "name": name}}})
        response = (await api.http.post("/graphql", content=body, headers=headers)).json()
        assert "data" not in response
        (error,) = response["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "variable": ["input", "name"]}
    assert await rows("SELECT * FROM families ORDER BY id") == before


async def test_renaming_keeps_an_absent_name_and_rejects_null(api: Api, home: Home, rows: Rows) -> None:
    adam = api.as_(home.adam)
    times = "SELECT updated_at FROM families WHERE id = $1"
    before = await rows(times, home.family.id)
    payload = await adam.change("updateFamily", {"id": home.family.id}, fields="family { name }")
    assert payload == {"family": {"name": "Home"}, "errors": []}
    refused = await adam.refused("updateFamily", {"id": home.family.id, "name": None})
    assert refused == ("REQUIRED", ["input", "name"])
    assert await rows(times, home.family.id) == before

    changed = await adam.change("updateFamily", {"id": home.family.id, "name": "Den"}, fields=FAMILY)
    assert changed["family"]["name"] == "Den"
    assert await rows(times, home.family.id) > before


@pytest.mark.parametrize(
    ("mutation", "needed", "refused"),
    [("updateFamily", "ADMIN", ["mia"]), ("deleteFamily", "OWNER", ["mia", "adam"])],
)
async def test_a_forbidden_change_names_the_required_role(
    api: Api, home: Home, mutation: str, needed: str, refused: list[str]
) -> None:
    for name in refused:
        change = {"id": home.family.id, **({"name": "Den"} if mutation == "updateFamily" else {})}
        (error,) = (await api.as_(getattr(home, name)).change(mutation, change))["errors"]
        assert (error["code"], error["path"]) == ("FORBIDDEN", ["input", "id"])
        assert (error["__typename"], error["requiredRole"]) == ("PermissionError", needed)
    assert await api.as_(home.mia).data(NAME, id=home.family.id) == {"name": "Home"}


async def test_deleting_a_family_deletes_its_invitations_and_keeps_watchlists(
    api: Api, home: Home, make: Factories, rows: Rows
) -> None:
    entry = await make.entry(home.mia)
    payload = await api.as_(home.olga).change("deleteFamily", {"id": home.family.id}, fields="deletedId")
    assert payload == {"deletedId": home.family.id, "errors": []}
    assert await api.as_(home.olga).data(NAME, id=home.family.id) is None
    assert await rows("SELECT 1 FROM family_memberships WHERE family_id = $1", home.family.id) == []
    assert await rows("SELECT 1 FROM family_invitations WHERE family_id = $1", home.family.id) == []
    mine = await api.as_(home.mia).data("{ viewer { watchlist { nodes { id } } families { totalCount } } }")
    assert mine == {"watchlist": {"nodes": [{"id": entry.id}]}, "families": {"totalCount": 0}}
    theirs = "query ($id: ID!) { node(id: $id) { id } }"
    assert await api.as_(home.olga).data(theirs, id=entry.id) is None

    again = await api.as_(home.olga).refused("deleteFamily", {"id": home.family.id})
    assert again == ("NOT_FOUND", ["input", "id"])
    assert await api.as_(home.gus).refused("acceptFamilyInvitation", {"token": home.token}) == (
        "NOT_FOUND",
        ["input", "token"],
    )


async def test_the_creator_of_a_family_is_hidden_after_leaving(api: Api, home: Home, make: Factories) -> None:
    maker = "query ($id: ID!) { family(id: $id) { createdBy { name } } }"
    assert await api.as_(home.mia).data(maker, id=home.family.id) == {"createdBy": {"name": "Olga"}}
    to_adam = {"familyId": home.family.id, "toUserId": home.adam.id}
    await api.as_(home.olga).change("transferFamilyOwnership", to_adam)
    await api.as_(home.olga).change("leaveFamily", {"id": home.family.id})
    assert await api.as_(home.mia).data(maker, id=home.family.id) == {"createdBy": None}
    both = await make.family(home.olga, home.mia, name="Both")
    assert await api.as_(home.mia).data(maker, id=home.family.id) == {"createdBy": {"name": "Olga"}}
    assert await api.as_(home.mia).data(maker, id=both.id) == {"createdBy": {"name": "Olga"}}


async def test_members_are_listed_in_the_order_of_joining(api: Api, home: Home) -> None:
    query = (
        "query ($id: ID!) { family(id: $id) { members { nodes { role user { name } family { name } } } } }"
    )
    found = await api.as_(home.mia).data(query, id=home.family.id)
    assert [(node["role"], node["user"]["name"]) for node in found["members"]["nodes"]] == [
        ("OWNER", "Olga"),
        ("ADMIN", "Adam"),
        ("MEMBER", "Mia"),
    ]
    assert {node["family"]["name"] for node in found["members"]["nodes"]} == {"Home"}
