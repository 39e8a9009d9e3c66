"""Absent, null and a value are distinguished in every input of an update."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry
from graphql import GraphQLInputObjectType

from infocus_graphql.core.unset import UNSET, is_set
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.inputs import provided_fields
from infocus_graphql.graph.strawberry_internals import definition_of, strawberry_field
from tests.graph.walk import CORE
from tests.support.client import Api
from tests.support.factories import Factories

REQUIRED = "REQUIRED"


@dataclass(frozen=True)
class Case:
    """An optional input field.

    `value` is set first, and the payload then contains `shown`. Null clears it to `cleared`, or is rejected
    if `cleared` is REQUIRED.
    """

    mutation: str
    name: str
    fields: str
    value: Any
    shown: Any
    cleared: Any = None
    staff: bool = False
    keys: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return f"{self.mutation}.{self.name}"


def profile(name: str, value: Any, fields: str, cleared: Any = None) -> Case:
    return Case("updateProfile", name, f"viewer {{ {fields} }}", value, value, cleared)


def entry(name: str, value: Any, cleared: Any = None) -> Case:
    return Case("updateWatchlistEntry", name, f"entry {{ {name} }}", value, value, cleared)


def title(name: str, value: Any, cleared: Any = None) -> Case:
    return Case("saveMediaItem", name, f"mediaItem {{ {name} }}", value, value, cleared, staff=True)


def offer(name: str, value: Any, cleared: Any = None) -> Case:
    return Case(
        "saveStreamingProvider", name, f"streamingProvider {{ {name} }}", value, value, cleared, staff=True
    )


SERVICES = "streamingServices { id }"
CASES = [
    profile("name", "Ann", "user { name }", cleared=""),
    profile("bio", "I watch.", "user { profile { bio } }"),
    profile("avatar", "https://example.com/a.png", "user { profile { avatar } }"),
    profile("preferences", {"theme": "dark"}, "preferences", cleared={}),
    Case("updateSettings", "region", "viewer { settings { region } }", "AT", "AT", None),
    Case("updateSettings", "language", "viewer { settings { language } }", "de", "de", None),
    Case("updateSettings", "timeZone", "viewer { settings { timeZone } }", "UTC", "UTC", None),
    Case(
        "updateNotificationPreferences",
        "quietHours",
        "viewer { notificationSchedule { quietFrom } }",
        {"quietFrom": "22:00", "quietUntil": "07:00"},
        "22:00",
    ),
    Case(
        "updateNotificationPreferences",
        "digestAt",
        "viewer { notificationSchedule { digestAt } }",
        "09:30",
        "09:30",
        "08:00",
    ),
    Case(
        "updateSettings",
        "streamingServiceIds",
        "viewer { settings { streamingServices { id } } }",
        [],
        [],
        [],
    ),
    entry("status", "COMPLETED", REQUIRED),
    entry("rating", 7),
    entry("notes", "Good."),
    entry("notesVisibility", "FAMILY", REQUIRED),
    Case("updateFamily", "name", "family { name }", "Ours", "Ours", REQUIRED),
    Case("updateFamilySharing", "sharesWatchlist", "membership { sharesWatchlist }", False, False, REQUIRED),
    title("title", "Alien", REQUIRED),
    title("description", "In space."),
    title("posterPath", "/p.jpg"),
    title("backdropPath", "/b.jpg"),
    title("releaseDate", "1979-05-25"),
    title("rating", 8.5),
    title("genres", ["Horror"], []),
    title("creators", ["Ridley Scott"], []),
    offer("url", "https://example.com/alien"),
    offer("regions", ["DE"], []),
]


def optional_fields() -> set[str]:
    """Returns the input fields that distinguish absence from null, found in the schema."""
    found = set()
    for kind in CORE.type_map.values():
        if not isinstance(kind, GraphQLInputObjectType):
            continue
        if definition_of(kind).is_one_of:  # the only field can't be cleared
            continue
        for name, core in kind.fields.items():
            source = strawberry_field(core)
            if source is not None and source.default is strawberry.UNSET:
                mutation = kind.name[0].lower() + kind.name[1:].removesuffix("Input")
                found.add(f"{mutation}.{name}")
    return found


def test_the_table_contains_every_optional_input_field() -> None:
    assert {str(case) for case in CASES} == optional_fields()


async def identity(case: Case, make: Factories, user: User) -> dict[str, Any]:
    """Returns the part of the input that identifies the row."""
    item = await make.media()
    tmdb = {"id": item.tmdb_id, "type": "MOVIE"}
    match case.mutation:
        case "updateWatchlistEntry":
            return {"id": (await make.entry(user)).id}
        case "updateFamily":
            return {"id": (await make.family(user)).id}
        case "updateFamilySharing":
            return {"familyId": (await make.family(user)).id}
        case "saveMediaItem":
            return {"tmdb": tmdb}
        case "saveStreamingProvider":
            return {"media": {"tmdb": tmdb}, "provider": "Streamio"}
    return {}


def shown(payload: dict[str, Any]) -> Any:
    """Returns the innermost value of the payload's only other field."""
    value: Any = {key: value for key, value in payload.items() if key != "errors"}
    while isinstance(value, dict) and len(value) == 1 and next(iter(value)) != "theme":
        value = next(iter(value.values()))
    return value


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_value_is_set_absence_keeps_it_and_null_clears_it(
    api: Api, make: Factories, case: Case
) -> None:
    ann = await make.user()
    client, which = api.as_(ann, is_staff=case.staff), await identity(case, make, ann)

    async def change(**values: Any) -> dict[str, Any]:
        payload: dict[str, Any] = await client.change(case.mutation, {**which, **values}, fields=case.fields)
        return payload

    for values in ({case.name: case.value}, {}):
        payload = await change(**values)
        assert (shown(payload), payload["errors"]) == (case.shown, [])
    payload = await change(**{case.name: None})
    if case.cleared == REQUIRED:
        (error,) = payload["errors"]
        assert (error["code"], error["path"]) == (REQUIRED, ["input", case.name])
        assert shown(await change()) == case.shown
    else:
        assert (shown(payload), payload["errors"]) == (case.cleared, [])
        assert shown(await change()) == case.cleared


async def test_an_absent_variable_is_an_absent_field(api: Api, make: Factories) -> None:
    ann = await make.user("Ann")
    query = "mutation ($name: String) { updateProfile(input: {name: $name}) { viewer { user { name } } } }"
    for variables, name in (({}, "Ann"), ({"name": None}, "")):
        payload = await api.as_(ann).data(query, **variables)
        assert payload["viewer"]["user"]["name"] == name


def test_provided_fields_include_null() -> None:
    @strawberry.input
    class Some:
        id: str
        name: str | None = strawberry.UNSET
        note: str | None = strawberry.UNSET
        size: int | None = None

    assert provided_fields(Some(id="x", note=None), without=("id",)) == {"note": None, "size": None}


def test_unset_is_falsy_and_not_none() -> None:
    assert not UNSET
    assert [is_set(value) for value in (UNSET, None, "", 0, False)] == [False, True, True, True, True]


async def test_null_and_absence_use_the_default_if_null_has_no_meaning(api: Api, make: Factories) -> None:
    ann = await make.user()
    item, other = await make.media(), await make.media()
    fields = "entry { status rating notes notesVisibility }"
    expected = {"status": "NOT_WATCHED", "rating": None, "notes": None, "notesVisibility": "PRIVATE"}
    for media, extra in ((item, {}), (other, {"rating": None, "notes": None})):
        payload = await api.as_(ann).change(
            "addToWatchlist", {"media": {"id": media.id}, **extra}, fields=fields
        )
        assert payload["entry"] == expected
    filters = (
        "",
        "filter: {}",
        "filter: null",
        "filter: {statuses: null, isRated: null, ratedAtLeast: null}",
    )
    for given_filter in (f"({each})" if each else "" for each in filters):
        page = await api.as_(ann).data(f"{{ viewer {{ watchlist{given_filter} {{ totalCount }} }} }}")
        assert page["watchlist"]["totalCount"] == 2
