"""Walks the schema: all fields with their declarations, and paths to the rows of every row type."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from infocus_graphql.graph.fields import DECLARED, Page, ToMany, ToOne
from infocus_graphql.graph.node import ROW_TYPES
from infocus_graphql.graph.strawberry_internals import core_schema, object_definition, strawberry_field
from infocus_graphql.schema import schema

CORE: Any = core_schema(schema)


def name_of(kind: Any) -> str:
    """Returns the GraphQL name of a Strawberry type."""
    name: str = object_definition(kind).name
    return name


OBJECTS = [
    kind
    for name, kind in sorted(CORE.type_map.items())
    if isinstance(kind, GraphQLObjectType) and not name.startswith("__")
]
MODELS: dict[str, Any] = {name_of(kind): model for kind, model in ROW_TYPES.items()}


@dataclass(frozen=True)
class Field:
    """A field of the schema and its declaration (None for a field with its own resolver)."""

    type_name: str
    name: str
    core: GraphQLField
    declared: Any

    def __str__(self) -> str:
        return f"{self.type_name}.{self.name}"

    @property
    def target(self) -> str:
        """The name of the target type; of the nodes, for a connection."""
        kind: Any = get_named_type(self.core.type)
        if isinstance(self.declared, Page):
            kind = get_named_type(kind.fields["nodes"].type)
        return str(kind.name)

    @property
    def required(self) -> bool:
        """Whether the field is non-null."""
        return isinstance(self.core.type, GraphQLNonNull)

    def selection(self, inner: str = "__typename", *, arguments: str = "first: 5", count: bool = True) -> str:
        """Returns a selection of this field. Required arguments are `"$name"`; see `World.with_ids`."""
        if isinstance(self.declared, Page):
            total = "totalCount" if count else ""
            return f"{self.name}({arguments}) {{ {total} nodes {{ {inner} }} }}"
        if isinstance(self.declared, ToOne | ToMany):
            given = [
                f'{name}: "${name}"' for name, each in self.core.args.items() if is_required_argument(each)
            ]
            return f"{self.name}{'(' + ', '.join(given) + ')' if given else ''} {{ {inner} }}"
        kind = get_named_type(self.core.type)
        if not isinstance(kind, GraphQLObjectType):
            return self.name
        inside = [
            name if is_leaf_type(get_named_type(each.type)) else f"{name} {{ __typename }}"
            for name, each in kind.fields.items()
        ]
        return f"{self.name} {{ {' '.join(inside)} }}"


def fields(kind: GraphQLObjectType) -> Iterator[Field]:
    """Yields all fields of a type."""
    for name, core in kind.fields.items():
        source = strawberry_field(core)
        yield Field(kind.name, name, core, source.metadata.get(DECLARED) if source else None)


def row_fields() -> list[Field]:
    """Returns all fields of all row types."""
    return [field for kind in OBJECTS if kind.name in MODELS for field in fields(kind)]


def is_node(type_name: str) -> bool:
    """Whether rows of this type can be read by `node(id)`."""
    return any(interface.name == "Node" for interface in CORE.type_map[type_name].interfaces)
