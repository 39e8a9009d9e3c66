"""Plans, counts, filters and orders reveal only what the viewer can see."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType, get_named_type, parse
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from infocus_graphql.db.base import Base
from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.links import primary_key_of
from infocus_graphql.db.visibility import VIEWER
from infocus_graphql.domains.admin.models import Account
from infocus_graphql.domains.families.models import Family, FamilyInvitation, FamilyMembership
from infocus_graphql.domains.identity.api_tokens.models import ApiToken
from infocus_graphql.domains.identity.passkeys.models import Passkey
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.plays.models import WatchEvent
from infocus_graphql.domains.privacy.models import AccountDeletion, DataExport
from infocus_graphql.domains.recommendations.models import Recommendation
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import Page, PayloadRow, RootRow, ToMany, ToOne, declared_by
from infocus_graphql.graph.fields import privacy_flags
from infocus_graphql.graph.plan.parsed_document import ParsedDocument
from infocus_graphql.graph.plan.selection import fragments_of
from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.schema import schema
from tests.graph.walk import CORE, MODELS, Field, fields, is_node
from tests.plan.engines import Engines

DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
VIEWERS = ["owner", "admin", "member", "hidden", "child", "staff", "stranger", "invited", "nobody", "gone"]


def rows(engines: Engines, model: type[Base]) -> list[Any]:
    """Returns all rows of a table in the world."""
    return [row for some in engines.world.rows for row in some if isinstance(row, model)]


def row_id(row: Any) -> str:
    """Returns the id of a row."""
    found: str = primary_key_of(row)
    return found


class Rules:
    """The visibility rules reimplemented in Python, to detect wrong SQL predicates."""

    def __init__(self, engines: Engines, viewer: str) -> None:
        self.me = engines.world.viewers[viewer].id
        self.members = rows(engines, FamilyMembership)
        self.mine = {each.family_id: each.role.value for each in self.members if each.user_id == self.me}
        self.email = next((user.email for user in rows(engines, User) if user.id == self.me), None)
        self.people = {each.user_id for each in self.members if each.family_id in self.mine} | {self.me}
        shared = {
            each.user_id for each in self.members if each.family_id in self.mine and each.shares_watchlist
        }
        self.sharing = shared | {self.me}

    def sees(self, row: Any) -> bool:
        """Whether the viewer can see a row."""
        seen: dict[type, Callable[[], bool]] = {
            User: lambda: row.id in self.people,
            Profile: lambda: row.user_id in self.people,
            Family: lambda: row.id in self.mine,
            FamilyMembership: lambda: row.family_id in self.mine,
            FamilyInvitation: lambda: (
                self.mine.get(row.family_id) in {"owner", "admin"} or row.email == self.email
            ),
            WatchlistEntry: lambda: row.user_id in self.sharing,
            WatchEvent: lambda: row.user_id in self.sharing,
            Recommendation: lambda: self.me in {row.from_user_id, row.to_user_id},
            Session: lambda: row.user_id == self.me,
            RefreshToken: lambda: row.user_id == self.me,
            ApiToken: lambda: row.user_id == self.me,
            DataExport: lambda: row.user_id == self.me,
            AccountDeletion: lambda: row.user_id == self.me,
            Passkey: lambda: row.user_id == self.me,
        }
        rule = seen.get(type(row))
        return True if rule is None else rule()  # titles and streaming providers are public

    def reads_notes(self, entry: WatchlistEntry) -> bool:
        """Whether the viewer can read the notes of an entry."""
        return self.sees(entry) and (entry.user_id == self.me or entry.notes_visibility is Visibility.FAMILY)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_ids_return_visible_rows_only(engines: Engines, viewer: str) -> None:
    rules = Rules(engines, viewer)
    for type_name, model in MODELS.items():
        if not is_node(type_name):
            continue
        all_rows = rows(engines, model)
        expected = [row.id if rules.sees(row) else None for row in all_rows]
        query = """query ($ids: [ID!]!) { found: nodes(ids: $ids) { ...N ... on Node { key: id } } }
                fragment N on Node { __typename }"""
        found = orjson.loads(await engines.planned(query, viewer, ids=[row.id for row in all_rows][:100]))
        assert [each and each["key"] for each in found["data"]["found"]] == expected[:100], type_name
        for row in all_rows[:4]:
            query = "query ($id: ID!) { node(id: $id) { key: id } a: node(id: $id) { ... on Node { id } } }"
            one = orjson.loads(await engines.planned(query, viewer, id=row.id))["data"]
            assert (one["node"] is not None, one["a"] is not None) == (rules.sees(row),) * 2, type_name


NOTES = """
query ($ids: [ID!]!, $id: ID!, $person: ID!, $family: ID!, $item: ID!) {
  a: node(id: $id) { ... on WatchlistEntry { id notes ...N mediaItem { entries { nodes { ...N } } } } }
  b: nodes(ids: $ids) { ...N ... on User { watchlist { nodes { ...N } } } }
  c: node(id: $person) { ... on User { watchlist(first: 50) { edges { node { ...N } } } } }
  d: family(id: $family) { watchlist(last: 50, orderBy: {field: RATING}) { nodes { ...N } } }
  e: mediaItem(ref: {id: $item}) { viewerEntry { ...N } entries(first: 100) { nodes { ...N } } }
  f: viewer { watchlist { nodes { ...N } } suggestions(first: 50) { nodes { familyEntries { ...N } } }
    recommendationsSent(first: 50) { nodes { outcome { ...N } } }
    families { nodes { members { nodes { user { watchlist { nodes { ...N } } } } } } } }
}
fragment N on WatchlistEntry { id notes ... on Node { ... on WatchlistEntry { again: notes } } }
"""


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_notes_are_returned_to_permitted_viewers_only(engines: Engines, viewer: str) -> None:
    rules = Rules(engines, viewer)
    entries = rows(engines, WatchlistEntry)
    by_id = {entry.id: entry for entry in entries}
    seen = 0
    for number, entry in enumerate(entries[::6]):
        variables = {
            "ids": [each.id for each in entries[:90]],
            "id": entry.id,
            "person": entry.user_id,
            "family": engines.world.ids["Family"][number % 5],
            "item": entry.media_item_id,
        }
        response = orjson.loads(await engines.planned(NOTES, viewer, **variables))
        for shown in objects(response):
            if "again" in shown:
                row = by_id[shown["id"]]
                assert rules.sees(row)
                expected = row.notes if rules.reads_notes(row) else None
                assert (shown["notes"], shown["again"]) == (expected, expected)
                seen += 1
    assert seen or viewer in {"nobody", "gone", "invited"}


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yields all objects in a result."""
    if isinstance(value, list):
        for item in value:
            yield from objects(item)
    elif isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_private_fields_are_the_viewers_own(engines: Engines, viewer: str) -> None:
    query = """{ viewer { email a: email b: isStaff c: preferences ...M user { id } } again: viewer { ...M } }
    fragment M on Viewer { d: email e: isStaff f: preferences }"""
    response = orjson.loads(await engines.planned(query, viewer))["data"]
    mine = next((user for user in rows(engines, User) if user.id == engines.world.viewers[viewer].id), None)
    if mine is None:
        assert response == {"viewer": None, "again": None}
        return
    assert response["viewer"]["user"]["id"] == mine.id
    assert (
        {response["viewer"][key] for key in ("email", "a", "d")} == {response["again"]["d"]} == {mine.email}
    )
    assert {response["viewer"][key] for key in "be"} == {mine.is_staff}
    others = [user.email for user in rows(engines, User) if user is not mine]
    assert not any(email in str(response) for email in others)


def test_only_the_viewer_type_has_private_columns() -> None:
    private = {
        str(field) for type_name in MODELS for field in fields(CORE.type_map[type_name]) if marks_of(field)
    }
    audited = {"AuditEvent.device", "AuditEvent.ipPrefix"}
    assert private == {
        "Viewer.email",
        "Viewer.isStaff",
        "WatchlistEntry.notes",
        "WatchEvent.note",
        "WatchEvent.source",
        *audited,
    }


def marks_of(field: Field) -> set[str]:
    """Returns the marks of a field's column."""
    attribute = getattr(field.declared, "attribute", None)
    return set() if attribute is None else privacy_flags(attribute)


PAGES = [
    field
    for kind in CORE.type_map.values()
    if kind.name in MODELS or kind.name == "Query"
    for field in fields(kind)
    if isinstance(field.declared, Page | ToMany | ToOne | RootRow)
]


# The viewer's own settings, such as the region, may select rows.
OWN_SETTINGS = re.compile(
    r"\(SELECT user_settings\.region AS region, user_settings\.language AS language, "
    r"user_settings\.time_zone AS time_zone \n"
    r"FROM user_settings \nWHERE user_settings\.user_id = %\(viewer_id\)s(::VARCHAR)?\)"
)


@pytest.mark.parametrize("field", PAGES, ids=str)
def test_filters_and_orders_use_readable_columns_only(field: Field) -> None:
    """Repeated queries with other bounds would reveal a value that is never returned."""
    declared = field.declared
    row: Any = aliased(declared.link.target)
    conditions = [*getattr(declared, "filters", {}).values(), *getattr(declared, "by", {}).values()]
    arguments = [argument.parameter for argument in getattr(declared, "arguments", {}).values()]
    conditions += [parameter for parameter in arguments if isinstance(parameter, Filter)]
    expressions = [each.predicate(row, bindparam("value", type_=each.kind)) for each in conditions]
    expressions += [each.absent(row) for each in conditions if each.absent is not None]
    if isinstance(declared, Page):
        orders = [declared.orders.default.terms, *declared.orders.by.values()]
        expressions += [term.expression(row) for terms in orders for term in terms]
    if isinstance(declared, ToMany):
        expressions += [order(row) for order in declared.order]
    texts = [OWN_SETTINGS.sub("", str(select(each).compile(dialect=DIALECT))) for each in expressions]
    # Staff can read the columns by which they search accounts.
    readable = set(Account.__table__.c.keys()) if str(field) == "Admin.accounts" else set()
    for mapper in Base.registry.mappers:
        for name in set(mapper.column_attrs.keys()) - readable:
            if privacy_flags(getattr(mapper.class_, name)):
                # A column of this table; another table may have a public column of the same name.
                table = getattr(mapper.local_table, "name", r"\w+")
                column = re.compile(rf"\b{table}(_\d+)?\.{name}\b")
                assert not any(column.search(text) for text in texts), f"{table}.{name}"
    assert VIEWER is not None


LISTS = """
query ($family: ID!, $item: ID!, $person: ID!, $first: Int!) {
  viewer { memberships(first: $first) { ...M }
    families(first: $first) { totalCount nodes { id } edges { role } }
    sessions(first: $first) { totalCount nodes { id } }
    refreshTokens(first: $first) { totalCount nodes { id } }
    recommendationsReceived(first: $first) { ...R } recommendationsSent(first: $first) { ...R }
    watchlist(first: $first) { ...W } }
  family(id: $family) { members(first: $first) { ...M } invitations(first: $first) { ...I }
    watchlist(first: $first) { ...W } recommendations(first: $first) { ...R } }
  mediaItem(ref: {id: $item}) { entries(first: $first) { ...W } recommendations(first: $first) { ...R } }
  node(id: $person) { ... on User { watchlist(first: $first) { ...W } memberships(first: $first) { ...M }
    familiesCreated(first: $first) { totalCount nodes { id } } familyInvitationsSent(first: $first) { ...I }
    recommendationsSent(first: $first) { ...R } recommendationsReceived(first: $first) { ...R } } }
}
fragment M on FamilyMembershipConnection { totalCount nodes { id } }
fragment R on RecommendationConnection { totalCount nodes { id } }
fragment W on WatchlistEntryConnection { totalCount nodes { id } }
fragment I on FamilyInvitationConnection { totalCount nodes { id } }
"""


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_lists_and_counts_have_no_hidden_rows(engines: Engines, viewer: str) -> None:
    rules = Rules(engines, viewer)
    every: dict[str, Any] = {row.id: row for some in engines.world.rows for row in some if hasattr(row, "id")}
    people, items = rows(engines, User), engines.world.ids["MediaItem"]
    for index, family in enumerate(engines.world.ids["Family"]):
        person = people[index]
        variables = {"family": family, "item": items[index], "person": person.id}
        whole = orjson.loads(await engines.planned(LISTS, viewer, first=100, **variables))
        for shown in objects(whole):
            if "totalCount" in shown:
                ids = [node["id"] for node in shown["nodes"]]
                assert shown["totalCount"] == len(ids), "what isn't shown isn't counted"
                assert all(rules.sees(every[each]) for each in ids)
        part = orjson.loads(await engines.planned(LISTS, viewer, first=1, **variables))
        totals = [
            [each["totalCount"] for each in objects(found) if "totalCount" in each] for found in (whole, part)
        ]
        assert totals[0] == totals[1]


async def test_other_users_sessions_are_never_current(engines: Engines) -> None:
    session = rows(engines, Session)[0]
    query = "query ($id: ID!) { node(id: $id) { ... on Session { id isCurrent } } }"
    for viewer in VIEWERS:
        own = engines.world.viewers[viewer].id == session.user_id
        assert (b"isCurrent" in await engines.planned(query, viewer, id=session.id)) == own


def results() -> Iterator[tuple[GraphQLObjectType, str, PayloadRow]]:
    """Yields every payload field that returns rows."""
    mutations = core_schema(schema).mutation_type
    assert mutations is not None
    for mutation in mutations.fields.values():
        payload: Any = get_named_type(mutation.type)
        for name, definition in payload.fields.items():
            declared = declared_by(definition)
            if isinstance(declared, PayloadRow):
                yield payload, name, declared


@pytest.mark.parametrize("viewer", ["owner", "hidden", "stranger", "nobody"])
async def test_payloads_return_visible_rows_only(engines: Engines, viewer: str) -> None:
    rules = Rules(engines, viewer)
    # A placeholder operation, which doesn't run.
    known = ParsedDocument(parse("mutation { signOut { ok } }"))
    operation = known.operation(None)
    assert operation is not None
    context = Context(engines.services, engines.world.viewers[viewer])
    running = engines.planner.start(known, operation, {}, context)
    assert running is not None
    for payload, name, declared in results():
        expected = [row for row in rows(engines, declared.model) if row_id(row)][:60]
        secret = "...N" if declared.model is WatchlistEntry else ""
        nodes = parse(
            f"{{ {name} {{ again: __typename {secret} }} }} fragment N on WatchlistEntry {{ notes }}"
        )
        known.fragments |= fragments_of(nodes)
        (definition, *_) = nodes.definitions
        node: Any = definition.selection_set.selections[0]  # type: ignore[attr-defined]  # an operation has one
        found = await running.rows(payload, [node], [row_id(row) for row in expected], ["x"])
        shown = orjson.loads(orjson.dumps(found))
        assert [each is not None for each in shown] == [rules.sees(row) for row in expected], (payload, name)
        if secret:
            for each, row in zip(shown, expected, strict=True):
                assert (each or {}).get("notes") == (row.notes if rules.reads_notes(row) else None)
    await context.close()
