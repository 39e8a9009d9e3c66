"""Facts that plans derive about rows are true, and simplify visibility predicates."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, desc, func, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.links import is_key
from infocus_graphql.db.visibility import ValuePredicate, implications, sql_viewer, visible
from infocus_graphql.domains.families.models import FamilyInvitation, FamilyMembership
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.media.models import MediaItem, StreamingProvider
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.domains.watchlists.reads import FamilyTitle
from tests.plan.engines import Engines
from tests.plan.statements import statements_of
from tests.plan.test_privacy import VIEWERS

PROMISES = [(model, each.attribute, each.rule) for model, some in implications().items() for each in some]


def test_implications_are_declared_for_these_tables_only() -> None:
    assert {(model, attribute) for model, attribute, _ in PROMISES} == {
        (FamilyMembership, "user_id"),
        (WatchlistEntry, "user_id"),
    }


@pytest.mark.parametrize(("model", "attribute", "rule"), PROMISES)
@pytest.mark.parametrize("viewer", VIEWERS)
async def test_declared_implications_hold_for_all_visible_rows(
    engines: Engines, viewer: str, model: type, attribute: str, rule: ValuePredicate
) -> None:
    row: Any = aliased(model)
    who = sql_viewer(engines.world.viewers[viewer])
    promised = rule(getattr(row, attribute), who)
    statement = select(func.count(), func.count().filter(promised)).where(visible(row, who))
    async with engines.services.database.engines.read.connect() as connection:
        seen, held = (await connection.execute(statement)).one()
    assert seen == held
    assert seen or viewer in {"nobody", "gone", "invited", "stranger"}


# The field, and the tables in subqueries of its statement besides those whose rows are returned, with their
# number of occurrences. Conditions implied by known facts are omitted.
ASKED: list[tuple[str, dict[str, int]]] = [
    ("viewer { email }", {"users": 1}),
    ("viewer { user { id profile { bio } } }", {"users": 2, "profiles": 1}),
    ("viewer { watchlist { nodes { id user { id } } } }", {"users": 2, "watchlist_entries": 1}),
    ("viewer { families { nodes { name } } }",
     {"users": 1, "families": 1, "family_memberships": 2}),
    ('node(id: "us0000000000000000000000000") { ... on User { id } }',
     {"users": 1, "family_memberships": 2}),
    ('family(id: "x") { members { nodes { user { profile { bio } } } } }',
     {"families": 1, "family_memberships": 2, "users": 1, "profiles": 1}),
    # A visible user doesn't necessarily share their list.
    ('family(id: "x") { members { nodes { user { watchlist { nodes { id } } } } } }',
     {"families": 1, "family_memberships": 4, "users": 1, "watchlist_entries": 1}),
    # Sender and recipient of a recommendation may have left the family.
    ("viewer { recommendationsSent { nodes { toUser { id } } } }",
     {"users": 2, "recommendations": 1, "family_memberships": 2}),
    ('family(id: "x") { watchlist { nodes { user { id } } } }',
     {"families": 1, "family_memberships": 4, "watchlist_entries": 1, "users": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "tables"), ASKED)
async def test_a_plan_contains_only_conditions_that_are_not_implied(
    engines: Engines, query: str, tables: dict[str, int]
) -> None:
    (text,) = await statements_of(engines, "{ " + query + " }", "member")
    found = {table: text.count(f" {table} AS ") for table in {*tables, "family_memberships", "users"}}
    assert {table: times for table, times in found.items() if times} == tables


@pytest.mark.parametrize(
    ("model", "known", "order", "one"),
    [
        (User, ["id"], [], True),
        (User, ["name"], [], False),
        (Profile, ["user_id"], [], True),
        (WatchlistEntry, ["media_item_id"], [], False),
        (WatchlistEntry, ["media_item_id", "user_id", "status"], [], True),
        (StreamingProvider, ["media_item_id"], ["provider"], False),
        (StreamingProvider, ["media_item_id"], ["provider", "offer_type"], True),
        (StreamingProvider, [], ["id"], True),
        # Unique for pending invitations only.
        (FamilyInvitation, ["family_id", "email"], [], False),
        (FamilyTitle, ["media_item_id"], [], False),
        (FamilyTitle, ["id"], [], True),
    ],
)
def test_an_order_is_unique_if_it_contains_a_key_with_the_known_columns(
    model: Any, known: list[str], order: list[str], one: bool
) -> None:
    row: Any = aliased(model)
    assert is_key(row, known, [getattr(row, name) for name in order]) is one


@pytest.mark.parametrize("term", [desc, func.lower, lambda column: column == bindparam("x")])
def test_only_plain_columns_count_as_unique_keys(term: Callable[[Any], Any]) -> None:
    row: Any = aliased(MediaItem)
    assert not is_key(row, [], [term(row.id)])
    other: Any = aliased(MediaItem)
    assert not is_key(row, [], [other.id])
