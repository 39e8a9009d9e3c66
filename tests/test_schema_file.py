"""`schema.graphql` is what the code says, and other tools can read it."""

from pathlib import Path

from graphql import build_schema, print_type, validate_schema

from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.schema import schema, sdl

FILE = Path(__file__).parents[1] / "schema.graphql"


def test_the_schema_file_is_what_the_code_says() -> None:
    assert FILE.read_text() == sdl(), "run `infocus schema export`"


def test_the_schema_file_is_a_valid_schema_that_says_the_same() -> None:
    built = build_schema(FILE.read_text())
    assert validate_schema(built) == []
    own = core_schema(schema)
    assert set(built.type_map) == set(own.type_map)
    for name in own.type_map:
        # Strawberry has a directive `@oneOf` of its own, which graphql-core doesn't print.
        assert print_type(built.type_map[name]).replace(" @oneOf", "") == print_type(own.type_map[name])


def test_a_default_of_null_is_not_said() -> None:
    assert "= null" not in FILE.read_text()
