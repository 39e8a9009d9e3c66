"""Fields with Strawberry's permission classes or extensions are resolved instead of planned.

Hooks that the executor doesn't support prevent the start.
"""

from typing import Any

import pytest
import strawberry
from sqlalchemy import func, literal, select
from strawberry.directive import DirectiveLocation
from strawberry.extensions import FieldExtension, SchemaExtension
from strawberry.permission import BasePermission, PermissionExtension

from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.media.queries import ALL, BY_REFERENCE
from infocus_graphql.domains.media.types import MEDIA_ORDERS
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import RootRow
from infocus_graphql.graph.execution import Engine
from infocus_graphql.graph.executor import Executor
from infocus_graphql.graph.fields import Argument, aggregate, column, page
from infocus_graphql.graph.limits.limits import Limits
from infocus_graphql.graph.operation import Request
from infocus_graphql.graph.plan.planner import Planner
from infocus_graphql.graph.root import Payload, anyone, mutation, root_page, root_row
from infocus_graphql.graph.supported_schema import UnsupportedSchema
from infocus_graphql.schema import schema as own_schema
from tests.plan.engines import Engines


class Refuse(BasePermission):
    """Denies access to every viewer."""

    message = "not for you"
    error_extensions: dict[str, Any] = {"code": "FORBIDDEN"}  # noqa: RUF012 - as Strawberry declares it

    def has_permission(self, source: Any, info: Any, **given: Any) -> bool:
        return False


class Doubled(FieldExtension):
    """Doubles the value of a field."""

    async def resolve_async(self, next_: Any, source: Any, info: Any, **given: Any) -> Any:
        found = next_(source, info, **given)
        found = await found if hasattr(found, "__await__") else found
        return found * 2


def doubled(field: Any) -> Any:
    """Returns the field with a field extension."""
    field.extensions.append(Doubled())
    return field


def guarded(field: Any) -> Any:
    """Returns the field with a permission class, as created by `strawberry.field(permission_classes=…)`."""
    field.permission_classes.append(Refuse)
    field.extensions.append(PermissionExtension([Refuse()], use_directives=False))
    return field


def measures(item: Any, viewer: Any) -> Any:
    return select(func.char_length(item.title).label("length"), literal(1).label("one"))


@strawberry.type
class Measures:
    length: int = strawberry.field(description="Its characters.")
    one: int = doubled(strawberry.field(description="One, twice."))


@strawberry.type
class Title:
    title: str = column(MediaItem.title, "Its title.")
    tmdb_id: int = doubled(column(MediaItem.tmdb_id, "Its number, twice."))
    description: str | None = guarded(column(MediaItem.description, "Visible to no viewer."))
    measures: Measures = aggregate(MediaItem, measures, "Its measures.")


@strawberry.input
class PlainFilter:
    types: list[str] | None = None


@strawberry.input
class HookedFilter:
    types: list[str] | None = doubled(strawberry.field(default=None))


def paged(filter_type: Any) -> Any:
    return root_page(page(ALL, "Titles.", orders=MEDIA_ORDERS, filter_type=filter_type), access=anyone)


@strawberry.type
class Query:
    title: Title | None = root_row(
        RootRow(
            ALL,
            {"id": Argument(strawberry.ID, "Its id.", BY_REFERENCE["id"])},
            {"id": BY_REFERENCE["id"]},
        ),
        "A title.",
        access=anyone,
    )
    titles: Connection[Title] | None = paged(PlainFilter)
    by_hooked_filter: Connection[Title] | None = paged(HookedFilter)
    secret_titles: Connection[Title] | None = guarded(paged(PlainFilter))


@strawberry.input
class TouchInput:
    word: str


@strawberry.input
class HookedInput:
    word: str = doubled(strawberry.field())


@strawberry.type
class TouchPayload(Payload):
    word: str = strawberry.field(description="The word.", default="")
    twice: str = doubled(strawberry.field(description="The word, twice.", default=""))


async def touched(context: Context, input: TouchInput) -> TouchPayload:
    """Returns the word."""
    return TouchPayload(word=input.word, twice=input.word)


async def touched_hooked(context: Context, input: HookedInput) -> TouchPayload:
    """Returns the word."""
    return TouchPayload(word=input.word, twice=input.word)


@strawberry.type
class Mutation:
    touch = mutation(access=anyone)(touched)

    touch_hooked = mutation(access=anyone)(touched_hooked)
    secret_touch = guarded(mutation(access=anyone)(touched))


SCHEMA = strawberry.Schema(
    Query,
    Mutation,
    config=own_schema.config,
    execution_context_class=Executor,
)

REFUSED = "not for you"
# An operation, whether it is planned, and part of its response.
OPERATIONS = [
    ("{ title(id: $id) { title } }", True, '"title":"'),
    ("{ title(id: $id) { tmdbId } }", False, '"tmdbId":'),
    ("{ title(id: $id) { description } }", False, REFUSED),
    ("{ title(id: $id) { measures { length } } }", True, '"length":'),
    ("{ title(id: $id) { measures { one } } }", False, '"one":2'),
    ("{ titles(first: 1) { nodes { title } } }", True, '"title":"'),
    ("{ titles(first: 1) { edges { node { tmdbId } } } }", False, '"tmdbId":'),
    ("{ byHookedFilter(first: 1) { totalCount } }", False, '"totalCount":'),
    ("{ secretTitles(first: 1) { totalCount } }", False, REFUSED),
    ('mutation { touch(input: {word: "a"}) { word } }', True, '"word":"a"'),
    ('mutation { touch(input: {word: "a"}) { twice } }', False, '"twice":"aa"'),
    ('mutation { touchHooked(input: {word: "a"}) { word } }', False, '"word":"a"'),
    ('mutation { secretTouch(input: {word: "a"}) { word } }', False, REFUSED),
]


async def test_fields_with_hooks_are_resolved_and_all_others_planned(engines: Engines) -> None:
    planner = Planner(SCHEMA, engines.services.database.engines.plans, engines.services.cursor_key)
    engine = Engine(SCHEMA, introspection=False, planner=planner, limits=Limits())
    for query, planned, part in OPERATIONS:
        variables = {"id": engines.world.ids["MediaItem"][0]} if "$id" in query else {}
        text = f"query ($id: ID!) {query}" if variables else query
        context = Context(engines.services, engines.world.viewers["owner"])
        response = await engine.run(Request(text, None, variables), context, queries_only=False)
        await context.close()
        assert (response.json is not None) == planned, (query, response.content())
        content = response.content().decode()
        assert part in content, (query, content)
        assert planner.faults == 0


def test_unsupported_hooks_prevent_the_start() -> None:
    class Tracing(SchemaExtension):
        """Does nothing."""

    @strawberry.directive(locations=[DirectiveLocation.FIELD])
    def shouting(value: str) -> str:
        return value.upper()

    with pytest.raises(UnsupportedSchema, match="Schema extensions are not run: Tracing"):
        Engine(strawberry.Schema(Query, extensions=[Tracing]), introspection=False)
    with pytest.raises(UnsupportedSchema, match="Operation directives are not run: shouting"):
        Engine(strawberry.Schema(Query, directives=[shouting]), introspection=False)
