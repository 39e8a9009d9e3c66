"""Argument values that no row can match are errors, not empty lists: tested for every list argument."""

import re
from typing import Any

from graphql import GraphQLInputObjectType, get_named_type

from infocus_graphql.core.countries import COUNTRIES
from infocus_graphql.domains.audit.models import AuditAction, AuditEvent
from infocus_graphql.graph.context import Services
from tests.graph.walk import CORE, Field, fields, row_fields
from tests.graph.world import build_world
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.statements import recorded
from tests.test_batching import FEW, FOR_STAFF, operation

NO_FAMILY, NO_USER = "fa" + "0" * 25, "us" + "0" * 25
GONE_FAMILY, GONE = "fa" + "1" * 25, "us" + "1" * 25
IMPOSSIBLE: dict[str, list[Any]] = {
    "first": [0, -1, 101],
    "last": [0, -1, 101],
    "after": ["stale", ""],
    "before": ["stale"],
    "types": [[]],
    "roles": [[]],
    "statuses": [[]],
    "genres": [[]],
    "allGenres": [[]],
    "genreIds": [[], [NO_USER], ["ge" + "0" * 25]],
    "streamingServiceIds": [[], [NO_USER], ["ss" + "0" * 25]],
    "originalLanguages": [[], ["german"], ["de-AT"]],
    "votesAtLeast": [-1],
    "runtimeAtLeast": [-1, 10_001],
    "runtimeAtMost": [-1, 10_001],
    "suitableForAge": [-1, 22],
    "availableIn": [[], ["UK"], ["XX"], "de", ""],
    "country": ["UK", "XX"],
    "language": ["xx", "de-XX", ""],
    "width": [0, -1, 10_001],
    "region": ["UK", "XX"],
    "offerTypes": [[]],
    "actions": [[]],
    "ratedAtLeast": [99, 11, -1],
    "wantedByAtLeast": [0, -1, 1001],
    "userIds": [[], [NO_FAMILY], ["nobody"], [NO_USER] * 101],
    "aboutUsers": [[NO_FAMILY], ["x"]],
    "personId": [NO_FAMILY, "x"],
    "familyId": [NO_USER, "x"],
    "familyIds": [[], [NO_USER], ["x"]],
    "releasedSince": ["2020-02-30", "yesterday"],
    "releasedUntil": ["2020-13-01"],
    "since": ["2020-02-30"],
    "until": ["2020-13-01"],
    "addedSince": ["2020-02-30T00:00:00Z"],
}
# Arguments for which every value is possible, or for which an unknown object is null.
ANY = {
    "onlyMine",
    "unreadOnly",
    "hideTracked",
    "query",
    "isRated",
    "isStaff",
    "includeSpecials",
    "includeRemoved",
    "orderBy",
    "ref",
    "id",
    "ids",
    "token",
    "filter",
}


def places(field: Field) -> list[tuple[str, str, str]]:
    """Returns name, type and GraphQL with `$v` for all arguments and filter fields of a field."""
    found = []
    for name, argument in field.core.args.items():
        kind = get_named_type(argument.type)
        if name == "filter" and isinstance(kind, GraphQLInputObjectType):
            found += [(each, str(item.type), f"filter: {{{each}: $v}}") for each, item in kind.fields.items()]
        found.append((name, str(argument.type), f"{name}: $v"))
    return found


def is_single_enum(kind: str) -> bool:
    """Whether graphql-core validates the value."""
    return "enum" in type(CORE.type_map.get(kind.strip("!"))).__name__.lower()


def lists() -> list[Field]:
    """Returns all fields with arguments."""
    return [field for field in [*row_fields(), *fields(CORE.query_type)] if field.core.args]


def test_the_table_contains_every_argument() -> None:
    seen = {name for field in lists() for name, kind, _ in places(field) if not is_single_enum(kind)}
    assert seen - set(IMPOSSIBLE) - ANY == set()


async def test_each_impossible_value_is_an_error_of_its_field(api: Api, services: Services) -> None:
    world = await build_world(services)
    ann, boss = api.as_(world.ann), api.as_(world.boss, is_staff=True)
    tried = set()
    for field in row_fields():
        reader = boss if FOR_STAFF & {field.type_name, field.target} else ann
        for name, kind, given in places(field):
            # Arguments shared by several lists are tested once.
            if name in ANY or is_single_enum(kind) or (name, kind) in tried:
                continue
            tried.add((name, kind))
            placed = operation(world, field, FEW)
            own = placed.replace(f"found: {field.name}(first: 5)", f"found: {field.name}({given})")
            own = re.sub(
                rf'found: {field.name}(\(\w+: "\$\w+"\))? {{', f"found: {field.name}({given}) {{", own
            )
            own = re.sub(rf"found: {field.name}(?= *}})", f"found: {field.name}({given})", own)
            for value in IMPOSSIBLE[name]:
                result = await reader.result(f"query ($v: {kind}) {own}", v=value)
                assert "errors" in result, (field, name, value)
                for error in result["errors"]:
                    assert error["extensions"]["code"] == "BAD_USER_INPUT", (field, name, value)
                    assert error["extensions"]["variable"][0] == "v", (field, name, value)
                    assert error["locations"], (field, name, value)
    assert len(tried) > 15


async def test_suggestions_and_contradictions(api: Api, make: Factories) -> None:
    user = await make.user()
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("discoverMedia", {"availableIn": "UK"}, "Did you mean “GB”?"),
        ("discoverMedia", {"availableIn": "de"}, "Did you mean “DE”?"),
        (
            "discoverMedia",
            {"availableIn": []},
            "The list must have at least 1 country. Omit `availableIn` for no condition.",
        ),
        ("discoverMedia", {"genres": ["x"] * 101}, "The list must have at most 100 genres."),
        ("discoverMedia", {"ratedAtLeast": 99}, "The minimum rating must be from 0 to 10."),
        ("discoverMedia", {"releasedSince": "2020-01-02", "releasedUntil": "2020-01-01"}, "is later than"),
        ("watchlist", {"isRated": False, "ratedAtLeast": 3}, "either isRated or ratedAtLeast"),
    ]
    for field, given, words in cases:
        kind = "MediaItemFilter" if field == "discoverMedia" else "WatchlistFilter"
        inner = f"{field}(filter: $f) {{ totalCount }}"
        query = f"query ($f: {kind}) {{ {inner if field == 'discoverMedia' else f'viewer {{ {inner} }}'} }}"
        (error,) = (await api.as_(user).result(query, f=given))["errors"]
        assert words in error["message"], error
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["extensions"]["variable"][:2] == ["f", next(iter(given))]


async def test_an_unknown_genre_is_an_error_with_a_suggestion(api: Api, make: Factories) -> None:
    user = await make.user()
    await make.entry(user, await make.media(genres=["Drama", "Telenovela"]))
    lists = {
        "MediaItemFilter": "discoverMedia(filter: $f) { totalCount nodes { id } }",
        "WatchlistFilter": "viewer { email watchlist(filter: $f) { totalCount nodes { id } } }",
    }
    for kind, inner in lists.items():
        query = f"query ($f: {kind}) {{ serverInfo {{ version }} {inner} }}"
        for wrong, words in (
            ("Telenowela", "Did you mean “Telenovela”?"),
            ("drmaa", "Did you mean “Drama”?"),
            ("drmaa", "“drmaa” is not a genre"),
            ("Qqq  QÉ", "“Qqq  QÉ” is not a genre of this catalogue."),
        ):
            result = await api.as_(user).result(query, f={"genres": ["Drama", wrong]})
            (error,) = result["errors"]
            assert words in error["message"], error
            assert error["extensions"]["variable"] == ["f", "genres"] and error["locations"]
            assert result["data"]["serverInfo"], "the rest is there"
        for right in ("Telenovela", "telenovela", "Western"):
            assert "errors" not in await api.as_(user).result(query, f={"genres": [right]})


async def test_a_user_without_entries_in_a_list_is_an_error_and_looks_like_an_unknown_one(
    api: Api, make: Factories, services: Services
) -> None:
    ann, bob, eve, cid, dan = [await make.user() for _ in range(5)]
    family = await make.family(ann, bob, cid)
    other = await make.family(ann, bob, cid, dan, name="Other")
    await make.family(eve)
    entry = await make.entry(bob)
    for hidden in (family, other):
        given = {"familyId": hidden.id, "sharesWatchlist": False}
        assert not (await api.as_(cid).change("updateFamilySharing", given))["errors"]
    query = """query ($ids: [ID!]!, $families: [ID!]!) { nodes(ids: $families) { ... on Family {
      name watchlist(filter: {userIds: $ids}) { totalCount } } } }"""
    client, families = api.as_(ann), [family.id, other.id]
    shown = await client.result(query, ids=[ann.id, bob.id], families=families)
    assert [each["watchlist"]["totalCount"] for each in shown["data"]["nodes"]] == [1, 1]
    messages = []
    # An unrelated user, an unknown id, and a member who shares nothing.
    for wrong in (eve.id, NO_USER, cid.id):
        result = await client.result(query, ids=[bob.id, wrong], families=families)
        assert [each["name"] for each in result["data"]["nodes"]] == ["Home", "Other"]
        assert [each["watchlist"] for each in result["data"]["nodes"]] == [None, None]
        messages += [error["message"].replace(wrong, "…") for error in result["errors"]]
    assert set(messages) == {"“…” is not a user who shares a watchlist with this family."}
    assert len(messages) == 6
    # Dan is in one of the two families.
    result = await client.result(query, ids=[dan.id], families=families)
    assert [each["watchlist"] for each in result["data"]["nodes"]] == [None, {"totalCount": 0}]
    counts = []
    for number in (1, 2):
        with recorded(services.database) as statements:
            await client.result(query, ids=[eve.id], families=families[:number])
        counts.append(len(statements))
    assert counts[0] == counts[1]
    # Other lists of entries: one's own, another user's, those of a title.
    own = "watchlist(filter: {userIds: $ids}) { totalCount }"
    of_title = "entries(userIds: $ids) { totalCount }"
    lists = {
        f"viewer {{ {own} }}": (ann, [bob, eve, cid]),
        f'node(id: "{bob.id}") {{ ... on User {{ {own} }} }}': (bob, [ann, eve, cid]),
        f'node(id: "{entry.media_item_id}") {{ ... on MediaItem {{ {of_title} }} }}': (dan, [eve, cid]),
    }
    for inner, (right, wrongs) in lists.items():
        placed = f"query ($ids: [ID!]!) {{ {inner} }}"
        assert "errors" not in await client.result(placed, ids=[right.id]), inner
        for user in wrongs:
            (error,) = (await client.result(placed, ids=[user.id]))["errors"]
            assert error["message"].startswith(f"“{user.id}” is not "), error
            assert error["extensions"]["variable"] == ["ids"], error


async def test_staff_cannot_filter_the_audit_log_by_ids_that_never_were(api: Api, make: Factories) -> None:
    boss, ann = await make.user(is_staff=True), await make.user()
    family = await make.family(ann)
    gone = await make.row(
        AuditEvent(action=AuditAction.ACCOUNT_DELETED, target_user_id=GONE, family_id=GONE_FAMILY)
    )
    client = api.as_(boss, is_staff=True)
    for name, known, unknown in (
        ("userIds", [ann.id, GONE], NO_USER),
        ("familyIds", [family.id, GONE_FAMILY], NO_FAMILY),
    ):
        query = f"query ($ids: [ID!]!) {{ admin {{ auditLog({name}: $ids) {{ nodes {{ id }} }} }} }}"
        assert [each["id"] for each in (await client.data(query, ids=known))["auditLog"]["nodes"]] == [
            gone.id
        ]
        result = await client.result(query, ids=[*known, unknown])
        (error,) = result["errors"]
        assert error["message"].startswith(f"“{unknown}” is not the id of a present or former ")
        assert error["path"] == ["admin", "auditLog"] and error["extensions"]["variable"] == ["ids"]


def test_the_country_codes_are_those_of_iso_3166() -> None:
    assert len(COUNTRIES) == 249
    assert {"DE", "GB", "US", "AX", "ZW"} <= COUNTRIES
    assert not {"UK", "XX", "EU", "de"} & COUNTRIES
