"""Errors of arguments inside a planned response: a stale cursor, a page size out of range, an unknown genre.

Such an error belongs to one field and makes only that field null. In the statement, a *mark* stands in the
place of the page. It holds the key of the row that has the list, where the error depends on it:

    SELECT row_to_json("row$") FROM (SELECT f.name AS name, ('{"!":"' || f.id || '"}')::json AS watchlist …

A list may have the field once for each row, or never, so the places are looked up in the response: each
mark becomes null and gets an error with its path. Only responses with a mark are parsed.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from graphql import FieldNode, GraphQLError, GraphQLNamedType, GraphQLObjectType, get_named_type
from graphql.error import located_error
from sqlalchemy import JSON, Text, cast, literal_column

from infocus_graphql.core.json_types import JsonValue
from infocus_graphql.db.sql_types import SqlExpression
from infocus_graphql.graph.errors import coded_error
from infocus_graphql.graph.loaders import Loaders
from infocus_graphql.graph.plan.selection import Document, SiteKey

if TYPE_CHECKING:
    from infocus_graphql.graph.plan.bindings import Arguments, ArgumentSite

# No selection makes such an object: `!` is in no response key, and PostgreSQL prints jsonb with a blank.
MARK: Final = b'{"!":'
NO_KEY: Final = b'{"!":""}'
_KEY: Final = "!"
_MARKS: Final = re.compile(rb'\{"!":"\w*"\}')
Path = list[str | int]


def mark(key: SqlExpression | None = None) -> SqlExpression:
    """The mark in SQL, with the key of the row that has the list."""
    if key is None:
        return cast(literal_column(f"'{NO_KEY.decode()}'", Text()), JSON())
    begin: SqlExpression = literal_column('\'{"!":"\'', Text())
    return cast(begin.concat(key).concat(literal_column("'\"}'", Text())), JSON())


def has_marks(value: bytes) -> bool:
    """Whether a value contains the mark of an error. Looking for the rare byte first is ten times as fast."""
    return b"!" in value and MARK in value


def without_marks(value: bytes) -> bytes:
    """The JSON with null in place of each mark."""
    return _MARKS.sub(b"null", value) if has_marks(value) else value


class Place(NamedTuple):
    """A mark in a response."""

    site: SiteKey
    key: str
    nodes: list[FieldNode]
    path: Path


class MarkSearch:
    """Finds the marks in the value of a root field.

    A response can have 100,000 values: scalars without arguments are not visited, and each selection is
    opened once.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._opened: dict[tuple[int, str], list[tuple[str, list[FieldNode], GraphQLNamedType]]] = {}
        self.places: list[Place] = []

    def field(self, gtype: GraphQLObjectType, nodes: list[FieldNode], value: JsonValue, path: Path) -> None:
        """Visits the value of a field of `gtype`."""
        target = get_named_type(gtype.fields[nodes[0].name.value].type)
        self._field(gtype, nodes, target, value, path)

    def value(self, gtype: GraphQLNamedType, nodes: list[FieldNode], value: JsonValue, path: Path) -> None:
        """Visits an object or a list of objects of `gtype`, a concrete type."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                self.value(gtype, nodes, item, [*path, index])
        elif isinstance(value, dict) and isinstance(gtype, GraphQLObjectType):
            for key, group, target in self._objects_of(gtype, nodes):
                inner = value[key]
                if inner:  # neither null nor an empty list
                    self._field(gtype, group, target, inner, [*path, key])

    def _field(
        self,
        gtype: GraphQLObjectType,
        nodes: list[FieldNode],
        target: GraphQLNamedType,
        value: JsonValue,
        path: Path,
    ) -> None:
        if isinstance(value, dict) and _KEY in value:
            self.places.append(Place((id(nodes[0]), gtype.name), str(value[_KEY]), nodes, path))
        else:
            self.value(target, nodes, value, path)

    def _objects_of(
        self, gtype: GraphQLObjectType, nodes: list[FieldNode]
    ) -> list[tuple[str, list[FieldNode], GraphQLNamedType]]:
        """The selected fields with objects or arguments, each with its response key and its type."""
        opened = self._opened.get((id(nodes), gtype.name))
        if opened is None:
            opened = self._opened[id(nodes), gtype.name] = [
                (key, group, get_named_type(gtype.fields[group[0].name.value].type))
                for key, group in self._document.fields_of(gtype, nodes).items()
                if group[0].selection_set is not None or group[0].arguments
            ]
        return opened


async def errors_at(
    places: Sequence[Place],
    sites: Mapping[SiteKey, "ArgumentSite"],
    arguments: "Arguments",
    loaders: Loaders,
) -> list[GraphQLError]:
    """Returns the error of each place; those of one field are looked up together."""
    wanted = list(dict.fromkeys((place.site, place.key) for place in places))
    found = await asyncio.gather(*(sites[site].error(arguments, loaders, key) for site, key in wanted))
    errors = dict(zip(wanted, found, strict=True))
    return [
        located_error(errors[place.site, place.key] or _unknown_name(), place.nodes, place.path)
        for place in places
    ]


def _unknown_name() -> GraphQLError:
    """The error of a name that was unknown to the statement and known a moment later."""
    return coded_error("BAD_USER_INPUT", "A filter names an object that does not exist.")
