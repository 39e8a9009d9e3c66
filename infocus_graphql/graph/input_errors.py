"""Validates input values (JSON of variables, and literals) against their types, with clear messages.

graphql-core validates them, too, but its messages contain internals of Python and GraphQL, and for missing or
unknown fields they have the path of the parent object.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLError,
    GraphQLFloat,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    assert_leaf_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    is_specified_scalar_type,
)
from graphql.pyutils import suggestion_list

from infocus_graphql.core.text import MAX_INT
from infocus_graphql.core.wording import alternatives, number
from infocus_graphql.graph.strawberry_internals import definition_of

Path = tuple[str | int, ...]

_EXPECTED: Final = {
    "Int": f"a whole number from {number(-MAX_INT - 1)} to {number(MAX_INT)}",
    "Float": "a finite number",
    "String": "a string",
    "Boolean": "true or false",
    "ID": "an id, which is a string or a whole number",
}
_NUMBERS: Final = {"Int", "Float"}
_MOST_NAMED: Final = 6  # values of an enum that a message lists


@dataclass(frozen=True, slots=True)
class InputError:
    """An error in a part of a value. `path` is the path from the whole value."""

    path: Path
    problem: str  # completes "`rating` …"

    def message(self, name: str) -> str:
        """Returns the message for a value with this name, such as `filter` or `$filter`."""
        place = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.path)
        return f"`{name}{place}` {self.problem}"


def input_errors(value: object, kind: GraphQLInputType, *, suggestions: bool) -> Iterator[InputError]:
    """Yields the errors in a JSON value or literal of this type.

    A literal's variables count as right: they are checked with their values.
    """
    return _errors(value, kind, (), suggestions=suggestions)


def is_one_of(kind: GraphQLInputObjectType) -> bool:
    """Whether the type is a `@oneOf` input. Strawberry doesn't mark them for graphql-core."""
    return bool(getattr(definition_of(kind), "is_one_of", False))


def _errors(value: object, kind: GraphQLInputType, path: Path, *, suggestions: bool) -> Iterator[InputError]:
    if isinstance(value, VariableNode):
        return
    if value is Undefined or _is_null(value):
        if is_non_null_type(kind):
            yield InputError(path, "is required." if value is Undefined else "can't be null.")
        return
    inner = get_nullable_type(kind)
    if is_list_type(inner):
        items = _items(value)
        if items is None:  # a single value is coerced to a list of one
            yield from _errors(value, inner.of_type, path, suggestions=suggestions)
        for index, item in enumerate(items or ()):
            yield from _errors(item, inner.of_type, (*path, index), suggestions=suggestions)
    elif is_input_object_type(inner):
        yield from _object_errors(value, inner, path, suggestions=suggestions)
    elif problem := _leaf_problem(value, assert_leaf_type(inner), suggestions=suggestions):
        yield InputError(path, problem)


def _object_errors(
    value: object, kind: GraphQLInputObjectType, path: Path, *, suggestions: bool
) -> Iterator[InputError]:
    members = _members(value)
    if members is None:
        yield InputError(path, f"must be an object of the type `{kind.name}`, not {_shape(value)}.")
        return
    for name, field in kind.fields.items():
        if name in members or is_required_input_field(field):
            given = members.get(name, Undefined)
            yield from _errors(given, field.type, (*path, name), suggestions=suggestions)
    for name in members:
        if name not in kind.fields:
            close = suggestion_list(name, list(kind.fields)) if suggestions else ()
            yield InputError((*path, name), f"is not a field of `{kind.name}`.{_did_you_mean(close)}")
    if is_one_of(kind):
        given = [name for name in members if name in kind.fields]
        if len(given) != 1:
            names = f": {alternatives([f'`{name}`' for name in kind.fields])}" if suggestions else ""
            yield InputError(path, f"must have exactly one field{names}.")
        elif _is_null(members[given[0]]):
            yield InputError((*path, given[0]), "can't be null.")


def _leaf_problem(value: Any, kind: GraphQLLeafType, *, suggestions: bool) -> str | None:
    """Returns the problem of a value that graphql-core or the scalar rejects, else None."""
    try:
        if not isinstance(value, ValueNode):
            fits = kind.coerce_input_value(value) is not Undefined
        elif kind.coerce_input_literal is not None:
            literal: Any = value  # without variables, or of JSON, which has no type
            fits = kind.coerce_input_literal(literal) is not Undefined
        else:
            fits = kind.parse_literal(value) is not Undefined
        if fits and not (kind is GraphQLFloat and _is_infinite(value)):
            return None
    except ValueError:  # of a whole number with thousands of digits
        pass
    except GraphQLError as error:
        # The messages of our own scalars are written for users.
        if not is_specified_scalar_type(kind) and not is_enum_type(kind):
            return f"is not valid. {error.message}"
    if is_enum_type(kind):
        return _enum_problem(value, list(kind.values), kind.name, suggestions=suggestions)
    return f"must be {_EXPECTED[kind.name]}{_but_is(value, kind.name)}."


def _enum_problem(value: object, names: Sequence[str], kind: str, *, suggestions: bool) -> str:
    word = getattr(value, "value", value)
    shape = _shape(value)
    fits = shape == ("an enum value" if isinstance(value, ValueNode) else "a string")
    other = "" if fits else f", not {shape}"
    if not suggestions:
        return f"must be a value of `{kind}`{other}."
    close = suggestion_list(word, list(names)) if isinstance(word, str) else ()
    if len(names) <= _MOST_NAMED:
        return f"must be {alternatives([f'`{name}`' for name in names])}{other}."
    return f"must be a value of `{kind}`{other}.{_did_you_mean(close)}"


def _but_is(value: object, expected: str) -> str:
    """Returns the end of the message, which names the value's type. The value itself may be secret."""
    shape = _shape(value)
    if shape != "a number" or expected not in _NUMBERS:
        return f", not {shape}"
    is_fraction = isinstance(value, FloatValueNode) or (isinstance(value, float) and not value.is_integer())
    return ", not a fraction" if is_fraction and expected == "Int" else ""


def _shape(value: object) -> str:
    match value:
        case bool() | BooleanValueNode():
            return "true or false"
        case int() | float() | IntValueNode() | FloatValueNode():
            return "a number"
        case str() | StringValueNode():
            return "a string"
        case EnumValueNode():
            return "an enum value"
        case list() | ListValueNode():
            return "a list"
        case _:
            return "an object"


def _is_null(value: object) -> bool:
    return value is None or isinstance(value, NullValueNode)


def _is_infinite(value: object) -> bool:
    # graphql-core rejects infinite numbers in JSON but accepts literals such as 1e400.
    return isinstance(value, FloatValueNode | IntValueNode) and not math.isfinite(float(value.value))


def _items(value: object) -> Sequence[object] | None:
    if isinstance(value, ListValueNode):
        return value.values
    return value if isinstance(value, list) else None


def _members(value: object) -> Mapping[str, object] | None:
    if isinstance(value, ObjectValueNode):
        return {each.name.value: each.value for each in value.fields}
    return value if isinstance(value, dict) else None


def _did_you_mean(names: Sequence[str]) -> str:
    return f" Did you mean {alternatives([f'`{name}`' for name in names[:3]])}?" if names else ""
