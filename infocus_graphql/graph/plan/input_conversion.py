"""Converts coerced arguments to the Python objects that resolvers take.

Strawberry does it at each call by inspecting the types; here the types are inspected once.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, TypeAlias

import strawberry
from strawberry.relay import GlobalID

from infocus_graphql.core.cache import IdentityMap
from infocus_graphql.graph.plan.hooks import refuse_hooks
from infocus_graphql.graph.plan.selection import Unplannable
from infocus_graphql.graph.strawberry_internals import (
    LazyType,
    StrawberryField,
    StrawberryList,
    StrawberryMaybe,
    StrawberryOptional,
    has_object_definition,
    object_definition,
)

Convert: TypeAlias = Callable[[Any], Any]


class Converters:
    """Converters for the arguments and input types of one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._names = schema.config.name_converter
        self._fields: IdentityMap[StrawberryField, list[tuple[str, str, Convert]]] = IdentityMap()
        self._inputs: dict[type, _Input] = {}

    def arguments(self, field: StrawberryField, coerced: Mapping[str, object]) -> dict[str, Any]:
        """The arguments of a field by their Python names."""
        if field not in self._fields:
            self._fields[field] = [
                (self._names.from_argument(each), each.python_name, self._converter(each.type))
                for each in field.arguments
            ]
        known = self._fields[field]
        return {name: convert(coerced[key]) for key, name, convert in known if key in coerced}

    def _converter(self, kind: Any) -> Convert:
        if isinstance(kind, StrawberryMaybe) or kind is GlobalID:
            raise Unplannable(f"{kind}: it has no conversion here")
        if isinstance(kind, StrawberryOptional):
            return self._converter(kind.of_type)
        if isinstance(kind, LazyType):
            return self._converter(kind.resolve_type())
        if isinstance(kind, StrawberryList):
            item = self._converter(kind.of_type)
            return lambda value: [item(each) for each in value] if _given(value) else value
        if not has_object_definition(kind):
            return _same  # scalars and enums, which graphql-core has converted
        definition = object_definition(kind)
        if definition.from_input is not None:
            raise Unplannable(f"{kind}: it has a `from_input` of its own")
        if kind not in self._inputs:
            for field in definition.fields:
                refuse_hooks(definition, field.python_name, field)
            made = self._inputs[kind] = _Input(kind)
            made.fields = [
                (
                    self._names.from_field(field),
                    field.python_name,
                    self._converter(field.resolve_type(type_definition=definition)),
                )
                for field in definition.fields
            ]
        return self._inputs[kind]


class _Input:
    """Makes the objects of one input type."""

    def __init__(self, kind: type) -> None:
        self.fields: list[tuple[str, str, Convert]] = []
        self._kind = kind
        self._absent = [
            field.python_name
            for field in object_definition(kind).fields
            if field.default_value is MISSING and field.default_factory is MISSING
        ]

    def __call__(self, value: Any) -> Any:
        """The object; null and unset stay what they are."""
        if not _given(value):
            return value
        found = dict.fromkeys(self._absent)
        found |= {name: convert(value[key]) for key, name, convert in self.fields if key in value}
        return self._kind(**found)


def _given(value: object) -> bool:
    return value is not None and value is not strawberry.UNSET


def _same(value: object) -> object:
    return value
