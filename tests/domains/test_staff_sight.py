"""The API and the data browser show staff exactly the data in the table of `staff_sight`."""

import re
from collections import Counter
from typing import Any

from graphql import GraphQLObjectType, GraphQLType, get_named_type, is_leaf_type, is_required_argument
from sqlalchemy import Column, Text

from infocus_graphql.admin.records import RECORD_VIEWS
from infocus_graphql.db.base import Base
from infocus_graphql.graph.context import Services
from tests.admin.conftest import PASSWORD, Visitor, visitor
from tests.domains.staff_sight import SIGHTS
from tests.graph.test_privacy import EVERYBODY_SEES, hidden_rows
from tests.graph.walk import CORE, MODELS, fields, is_node
from tests.graph.world import World, build_world
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

__all__ = ["visitor"]

# Subqueries over other tables, whose columns are listed with those tables.
VIEWS = {
    "accounts",
    "family_titles",
    "similar_items",
    "preferences",
    "suggestions",
    "title_ratings",
    "up_next",
}
DEPTH = 2
# Columns that keep the values of the world, because they have a fixed format.
KEPT = {
    "events.id",
    "family_invitations.email",
    "media_certifications.label",
    "notification_schedules.quiet_from",
    "notification_schedules.quiet_until",
    "notification_schedules.digest_at",
    "user_settings.region",
    "user_settings.language",
    "user_settings.time_zone",
}


def test_every_column_is_in_the_table_once() -> None:
    tables = {mapper.class_.__table__ for mapper in Base.registry.mappers}
    columns = {f"{table.name}.{column.name}" for table in tables for column in table.c}
    columns = {each for each in columns if each.partition(".")[0] not in VIEWS}
    decided = Counter(column for sight in SIGHTS for column in sight.columns)
    assert set(decided) == columns
    assert [column for column, times in decided.items() if times > 1] == []


def test_the_data_browser_has_the_columns_of_the_table() -> None:
    decided = {column for sight in SIGHTS if sight.browser for column in sight.columns}
    assert {shown.source(name) for shown in RECORD_VIEWS for name in shown.all} == decided


async def test_staff_see_exactly_the_data_in_the_table(
    api: Api,
    services: Services,
    make: Factories,
    visitor: Visitor,
    server: Server,
    database_url: str,
) -> None:
    world = await build_world(services)
    marks = await mark(server, database_url)
    boss = await make.user("Boss", is_staff=True, password=PASSWORD)

    seen = await seen_in_api(api.as_(boss, is_staff=True), world)
    assert seen.fields == {name for sight in SIGHTS for name in sight.fields}
    shown = {column for sight in SIGHTS if sight.fields for column in sight.columns}
    assert {column for column in marks if marks[column] in seen.text} == shown & marks.keys()

    assert (await visitor.sign_in(boss)).status_code == 303
    pages = await all_pages(visitor)
    columns, facts = (set(re.findall(rf'data-{kind}="([^"]+)"', pages)) for kind in ("column", "fact"))
    shown = {column for sight in SIGHTS if sight.browser for column in sight.columns}
    assert columns == shown
    assert facts == {fact for sight in SIGHTS for fact in sight.facts}
    assert {column for column in marks if marks[column] in pages} == shown & marks.keys()


async def test_pages_have_different_titles_and_no_dead_controls(
    services: Services, make: Factories, visitor: Visitor
) -> None:
    await build_world(services)
    boss = await make.user("Boss", is_staff=True, password=PASSWORD)
    assert (await visitor.sign_in(boss)).status_code == 303
    pages = await pages_of(visitor)
    titles = {
        path: re.findall(r"<title>([^<]+) · InFocus data browser</title>", text) for path, text in pages
    }
    assert all(len(found) == 1 and found[0].strip() for found in titles.values()), titles
    lists = [found[0] for path, found in titles.items() if path == "/" or path.endswith("/list")]
    assert len(set(lists)) == len(lists) == 1 + len(RECORD_VIEWS)
    addresses = set()
    for path, text in pages:
        assert " disabled" not in text and "<script" not in text, path
        assert text.count("<button") == text.count("<form"), "a button only sends its form"
        addresses |= set(re.findall(r'href="([^"]*)"', text))
    for address in sorted(addresses - {"data:,"}):
        assert address.startswith(("/admin/", "http://test/admin/")), address
        if not address.endswith("/logout"):
            response = await visitor.http.get(address.replace("&amp;", "&"))
            assert response.status_code == 200, address


async def mark(server: Server, url: str) -> dict[str, str]:
    """Writes a unique text into every text column, and returns the texts by column."""
    database = await server.connect(url)
    marks = {}
    for table in sorted({mapper.class_.__table__ for mapper in Base.registry.mappers}, key=lambda t: t.name):
        if table.name in {*VIEWS, "failed_jobs", "audit_events"} or not await database.fetchval(
            f"SELECT count(*) FROM {table.name}"
        ):
            continue
        for column in filter(markable, table.c):
            source = f"{table.name}.{column.name}"
            marks[source] = f"mark.{source}."
            await database.execute(
                f"UPDATE {table.name} SET {column.name} = $1 || right(md5({table.name}::text), 12)",
                marks[source],
            )
    await database.close()
    return marks


def markable(column: Column[Any]) -> bool:
    """Whether a column accepts any text."""
    free = not (column.primary_key or column.foreign_keys or column.computed)
    return free and type(column.type) is Text and str(column) not in KEPT


class Seen:
    """The leaf fields and all text in responses."""

    def __init__(self) -> None:
        self.fields: set[str] = set()
        self.text = ""

    def add(self, value: Any, field: str) -> None:
        """Adds the value of a field, recursively."""
        if isinstance(value, list) and value and isinstance(value[0], dict | None):
            for each in value:
                self.add(each, field)
        elif isinstance(value, dict) and "__typename" in value:
            for key, each in value.items():
                if key != "__typename":
                    self.add(each, f"{value['__typename']}.{key}")
        elif isinstance(value, dict) and value.keys() == {"nodes"}:
            self.add(value["nodes"], field)
        elif value not in (None, []):
            self.fields.add(field)


async def seen_in_api(staff: Api, world: World) -> Seen:
    """Returns what `admin` and `node` return to a staff user who shares no family with others."""
    seen = Seen()
    responses = []
    for field in fields(CORE.type_map["Admin"]):
        part = selected(field.core.type, field.name, DEPTH)
        responses.append(await staff.data(f"{{ admin {{ __typename {part} }} }}"))
    rows = {name: [hidden, *world.parents.get(name, ())] for name, hidden in hidden_rows(world).items()}
    rows |= {name: world.parents[name] for name in EVERYBODY_SEES}
    assert set(rows) == {name for name in MODELS if is_node(name)}
    for name, ids in rows.items():
        query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on %s { %s } } }"
        asked = query % (name, selection(CORE.type_map[name], DEPTH - 1))
        responses.append(await staff.data(asked, ids=ids))
    for response in responses:
        seen.add(response, "Query")
        seen.text += str(response)
    return seen


def selection(kind: GraphQLObjectType, depth: int) -> str:
    """Returns a selection of all fields without arguments, down to a depth."""
    parts = [
        selected(field.core.type, field.name, depth)
        for field in fields(kind)
        if not any(is_required_argument(each) for each in field.core.args.values())
    ]
    return " ".join(["__typename", *parts])


def selected(kind: GraphQLType, name: str, depth: int) -> str:
    """Returns a field with a selection of all its fields."""
    target: Any = get_named_type(kind)
    if is_leaf_type(target):
        return name
    if depth == 0 or not isinstance(target, GraphQLObjectType):
        return ""
    if "nodes" not in target.fields:
        return f"{name} {{ {selection(target, depth - 1)} }}"
    node: Any = get_named_type(target.fields["nodes"].type)
    return f"{name}(first: 5) {{ nodes {{ {selection(node, depth - 1)} }} }}"


async def pages_of(visitor: Visitor) -> list[tuple[str, str]]:
    """Returns the paths and texts of all pages of the data browser: overview, lists, details and forms."""
    paths = ["/"]
    for shown in RECORD_VIEWS:
        paths += [f"/{shown.place}/list", f"/{shown.place}/list?search=a"]
        paths += [f"/{shown.place}/list?only={key}" for key in shown.filters]
    pages = [(path, await visitor.page(path)) for path in paths]
    found = {
        path
        for _, text in pages
        for place in (shown.place for shown in RECORD_VIEWS)
        for path in re.findall(rf'href="/admin(/{place}/details/[^"]+)"', text)[:4]
    }
    for path in sorted(found):
        text = await visitor.page(path)
        pages.append((path, text))
        edit = path.replace("/details/", "/edit/")
        if f'href="/admin{edit}"' in text:
            pages.append((edit, await visitor.page(edit)))
    return pages


async def all_pages(visitor: Visitor) -> str:
    """Returns the text of all pages of the data browser."""
    return "\n".join(text for _, text in await pages_of(visitor))
