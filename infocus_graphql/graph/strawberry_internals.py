"""The only file that uses undocumented names of Strawberry.

The minor version of Strawberry is pinned because of them: read this file before an upgrade. A test
(`tests/architecture/test_strawberry_names.py`) fails when another file uses such a name.
"""

from collections.abc import Callable
from typing import Any, Final

import strawberry
from graphql import GraphQLField, GraphQLInputField, GraphQLNamedType, GraphQLResolveInfo, GraphQLSchema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as ExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.scalar import ScalarDefinition
from strawberry.utils.str_converters import to_camel_case

__all__ = [
    "RESULT_ARGUMENT",
    "ExecutionContext",
    "LazyType",
    "MaybeNullValidationRule",
    "ScalarDefinition",
    "StrawberryField",
    "StrawberryList",
    "StrawberryMaybe",
    "StrawberryObjectDefinition",
    "StrawberryOptional",
    "core_schema",
    "definition_of",
    "enum_definition",
    "has_object_definition",
    "object_definition",
    "resolve_info",
    "resolver_function",
    "strawberry_field",
    "to_camel_case",
]

# The position of the resolver's result in the arguments of `ExecutionContext.complete_*_value`, after the
# type, the nodes, the info and the path.
RESULT_ARGUMENT: Final = 4


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """Returns the graphql-core schema of a Strawberry schema."""
    return schema._schema


def resolve_info(info: strawberry.Info[Any, Any]) -> GraphQLResolveInfo[Any]:
    """Returns graphql-core's resolve info of a field, with the parent type and the document's nodes."""
    return info._raw_info


def definition_of(core: GraphQLField | GraphQLInputField | GraphQLNamedType) -> Any:
    """Returns the Strawberry definition of an element of the graphql-core schema, else None."""
    return core.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)


def strawberry_field(core: GraphQLField | GraphQLInputField) -> StrawberryField | None:
    """The Strawberry field that a field of the graphql-core schema was made from."""
    found: StrawberryField | None = definition_of(core)
    return found


def resolver_function(field: StrawberryField) -> Callable[..., Any]:
    """Returns the resolver function of a field. Raises TypeError if it has none."""
    function = None if field.base_resolver is None else field.base_resolver.wrapped_func
    if not callable(function) or isinstance(function, staticmethod | classmethod):
        raise TypeError(f"{field.name} has no function as its resolver")
    return function


def object_definition(cls: type) -> StrawberryObjectDefinition:
    """Returns the definition of an object, interface or input type."""
    return get_object_definition(cls, strict=True)


def enum_definition(cls: type) -> StrawberryEnumDefinition:
    """Returns the definition of a published enum."""
    found: StrawberryEnumDefinition = cls.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.enum
    return found
