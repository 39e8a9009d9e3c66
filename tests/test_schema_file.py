"""`schema.graphql` matches the code, and other tools can parse it."""

from pathlib import Path

from graphql import build_schema, print_type, validate_schema

from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.schema import schema, sdl

FILE = Path(__file__).parents[1] / "schema.graphql"


def test_the_schema_file_is_up_to_date() -> None:
    assert FILE.read_text() == sdl(), "run `infocus schema export`"


def test_the_schema_file_is_valid_and_equivalent() -> None:
    built = build_schema(FILE.read_text())
    assert validate_schema(built) == []
    own = core_schema(schema)
    assert set(built.type_map) == set(own.type_map)
    for name in own.type_map:
        # Strawberry has its own directive `@oneOf`, which graphql-core doesn't print.
        assert print_type(built.type_map[name]).replace(" @oneOf", "") == print_type(own.type_map[name])


def test_defaults_of_null_are_not_printed() -> None:
    assert "= null" not in FILE.read_text()
