"""Our input validation rejects the same values as graphql-core, and invalid `@oneOf` inputs."""

import random
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    ValueNode,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    parse_value,
)
from graphql.utilities.validate_input_value import validate_input_literal, validate_input_value

from infocus_graphql.graph.input_errors import input_errors, is_one_of
from tests.graph.walk import CORE

INPUTS = [kind for kind in CORE.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
ODD: list[Any] = [None, True, 0, 7, -1, 1.0, 1.5, 2**31, 2**40, "", "a", "MOVIE", "DE", "2020-01-01", [], {}]


def some_value(chance: random.Random, kind: GraphQLInputType, depth: int = 0) -> Any:
    """Returns a random value that often matches the type except for a part."""
    inner = get_nullable_type(kind)
    if is_input_object_type(inner) and is_one_of(inner):
        return {"id": "text"}  # graphql-core doesn't validate `@oneOf` here, not even `{}`
    if chance.random() < 0.12 or depth > 6:
        return chance.choice([*ODD, [chance.choice(ODD)], {"a": chance.choice(ODD)}])
    if not is_non_null_type(kind) and chance.random() < 0.2:
        return None
    if is_list_type(inner):
        return [some_value(chance, inner.of_type, depth + 1) for _ in range(chance.randrange(3))]
    if is_input_object_type(inner):
        names = [name for name in inner.fields if chance.random() < 0.8]
        found = {name: some_value(chance, inner.fields[name].type, depth + 1) for name in names}
        return found | ({"unknown": 1} if chance.random() < 0.05 else {})
    fitting: dict[str, Any] = {
        "Int": 5,
        "Float": 5.5,
        "Boolean": True,
        "Date": "2020-01-01",
        "CountryCode": "DE",
        "LanguageTag": "de",
        "TimeZone": "UTC",
    }
    fitting |= {"DateTime": "2020-01-01T00:00:00Z", "JSONObject": {"a": 1}}
    return chance.choice(list(inner.values)) if is_enum_type(inner) else fitting.get(str(inner), "text")


def literal(value: Any) -> str:
    """Returns a value as a GraphQL literal; words in capitals are enum values."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, str) and value.isidentifier() and value.isupper() and value != "DE":
        return value
    return orjson.dumps(value).decode()


def core_refuses(value: Any, kind: GraphQLInputType) -> bool:
    """Whether graphql-core rejects a value or a literal."""
    found: list[str] = []
    check: Any = validate_input_literal if isinstance(value, ValueNode) else validate_input_value
    check(value, kind, lambda error, path: found.append(error.message))
    return bool(found)


def is_refused(value: Any, kind: GraphQLInputType) -> bool:
    """Whether our validation rejects a value or a literal."""
    found = list(input_errors(value, kind, suggestions=True))
    for each in found:
        assert "None" not in each.problem and each.message("v").endswith((".", "?")), each
    return bool(found)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_values_and_literals_are_rejected(seed: int) -> None:
    chance, refused = random.Random(seed), 0
    for _ in range(400):
        kind = chance.choice([each for each in INPUTS if not is_one_of(each)])
        value = some_value(chance, kind)
        for each in (value, parse_value(literal(value))):
            by_core = core_refuses(each, kind)
            assert is_refused(each, kind) is by_core, (kind.name, value)
            refused += by_core
    assert refused > 100


def test_a_one_of_input_needs_exactly_one_field() -> None:
    kinds = [kind for kind in INPUTS if is_one_of(kind)]
    assert len(kinds) == 3
    for kind in kinds:
        names = [name for name in kind.fields if name != "tmdb"]
        for given in ({}, dict.fromkeys(kind.fields), {names[0]: None}):
            assert is_refused(given, kind) and is_refused(parse_value(literal(given)), kind), (kind, given)
        assert not is_refused({names[0]: "text"}, kind)
