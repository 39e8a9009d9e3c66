"""Regression tests for former differences between plans and loaders."""

import pytest

from infocus_graphql.domains.media.models import MediaItem
from tests.plan.engines import Engines


async def test_numbers_are_formatted_alike(engines: Engines) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on MediaItem { rating } } }"
    response = await engines.planned(query, "nobody", ids=engines.world.ids["MediaItem"][:100])
    for written in (b"1e-07}", b"0.0001}", b"0.00012345}", b"7.123456789012345}", b":5}", b":10}"):
        assert written in response


@pytest.mark.parametrize("given", [True, False, None])
async def test_null_for_a_condition_with_a_default_is_an_error_of_the_field(
    engines: Engines, given: bool | None
) -> None:
    query = """query ($when: Boolean = false) {
        discoverMedia(first: 2) { nodes { id title @include(if: $when) genres @skip(if: $when) } }
    }"""
    both = await engines.both(query, {"when": given}, engines.world.viewers["member"])
    assert both.same
    assert both.planned == (given is not None)


async def test_an_object_with_an_empty_selection_is_empty(engines: Engines) -> None:
    title = engines.world.ids["MediaItem"][0]
    for query in (
        "query ($id: ID!) { node(id: $id) { ... on Profile { avatar } } }",
        "query ($id: ID!) { nodes(ids: [$id]) { ... on Profile { avatar } } }",
        "query ($id: ID!) { node(id: $id) { id @skip(if: true) } }",
        "query ($id: ID!) { node(id: $id) { id } viewer { watchlist { edges { cursor @skip(if: true) } } } }",
    ):
        both = await engines.both(query, {"id": title}, engines.world.viewers["owner"])
        assert both.same, query
        assert b"{}" in both.plans
    assert await engines.planned("{ viewer @skip(if: true) { email } }", "owner") == b'{"data":{}}'


NAMES = ["anon_1", "anon_2", "row", "row_1", "users_1", "item0", "cursor", "place", "more", "near", "select"]


@pytest.mark.parametrize("name", NAMES)
async def test_response_keys_may_equal_names_in_the_sql(engines: Engines, name: str) -> None:
    query = """query ($id: ID!) { nodes(ids: [$id]) { KEY: id }
        viewer { KEY: email user { KEY: profile { KEY: bio }
        watchlist(first: 2) { KEY: edges { KEY: node { KEY: mediaItem { KEY: title } } KEY1: cursor }
        KEY1: totalCount pageInfo { KEY: endCursor KEY1: hasNextPage } } }
        watchlistStats { KEY: total } } }"""
    await engines.planned(query.replace("KEY", name), "owner", id=engines.world.ids["MediaItem"][0])


async def test_response_keys_are_case_sensitive(engines: Engines) -> None:
    await engines.planned("{ viewer { a: email A: isStaff ID: user { Id: id iD: name } } }", "staff")


async def test_very_deep_selections_are_resolved_by_loaders(engines: Engines) -> None:
    for depth, planned in ((8, True), (40, False)):
        query = "{ viewer { user { " + "profile { user { " * depth + "id" + " } }" * depth + " } } }"
        both = await engines.both(query, {}, engines.world.viewers["owner"])
        assert (both.same, both.planned) == (True, planned)


async def test_repeated_fragments_do_not_cause_exponential_work(engines: Engines) -> None:
    levels = 10  # six times the work per level would take hours
    again = "profile { user { ...F%d } } "
    steps = [
        f"fragment F{level} on User {{ {again * 6} }}".replace("%d", str(level + 1))
        for level in range(levels)
    ]
    last = f"fragment F{levels} on User {{ id }}"
    await engines.planned("\n".join(["{ viewer { user { ...F0 } } }", *steps, last]), "owner")


async def test_variables_of_conditions_may_have_other_types_in_other_operations(engines: Engines) -> None:
    document = """query A($x: [ID!]!) { nodes(ids: $x) { id } }
    query B($x: Boolean!) { viewer { email isStaff @skip(if: $x) } }"""
    viewer = engines.world.viewers["owner"]
    ids = engines.world.ids["MediaItem"][:2]
    for name, value in (("A", ids), ("B", True), ("B", False)):
        both = await engines.both(document, {"x": value}, viewer, name)
        assert (both.same, both.planned) == (True, True)


async def test_nodes_are_returned_in_the_requested_order(engines: Engines) -> None:
    ids = engines.world.ids
    asked = [each for name in sorted(ids) for each in ids[name][:3]]
    asked += [asked[0], "", "x", "us", "us" + "0" * 25, "zz" + "0" * 25, "US" + "0" * 25]
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
        ... on User { watchlist(first: 1) { nodes { ...E } } } ... on WatchlistEntry { ...E }
        ... on Family { members(first: 2, after: null) { totalCount } } } }
    fragment E on WatchlistEntry { notes user { watchlist(last: 1) { nodes { id } } } }"""
    for viewer in ("owner", "stranger", "nobody", "gone"):
        await engines.planned(query, viewer, ids=asked)
        await engines.planned(query, viewer, ids=asked[::-1])
        await engines.planned(query, viewer, ids=["x", "y"])
        await engines.planned(query, viewer, ids=[])
    for ids_ in (asked * 3, [None], None):
        both = await engines.both(query, {"ids": ids_}, engines.world.viewers["owner"])
        assert both.same
        assert b'"BAD_USER_INPUT"' in both.plans


async def test_enum_values_of_two_words_have_an_underscore(engines: Engines) -> None:
    responses = [
        await engines.planned("{ viewer { passkeys { nodes { transports } } } }", viewer)
        for viewer in ("owner", "member", "child")
    ]
    assert any(b'"SMART_CARD"' in each for each in responses)


def test_the_world_has_ratings_at_the_limits(engines: Engines) -> None:
    found = {row.rating for rows in engines.world.rows for row in rows if isinstance(row, MediaItem)}
    assert {None, 1e-07, 10.0} <= found
