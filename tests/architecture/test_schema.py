"""Checks the rules of `docs/architecture.md` on the schema."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLString,
    get_named_type,
    is_specified_scalar_type,
)
from sqlalchemy import Column as SchemaColumn

from infocus_graphql.graph.declarations import ACCESS, SECRET
from infocus_graphql.graph.node import model_of
from infocus_graphql.graph.root import Access, mutation, query
from infocus_graphql.graph.strawberry_internals import strawberry_field
from tests.architecture.mapped import INNER, MAPPED, ROOT_FIELDS
from tests.graph.walk import CORE, MODELS, Field, is_node


@pytest.mark.parametrize("field", ROOT_FIELDS, ids=str)
def test_every_root_field_declares_its_access(field: Field) -> None:
    source = strawberry_field(field.core)
    assert source is not None
    assert isinstance(source.metadata.get(ACCESS), Access)


def test_a_root_field_without_access_or_description_fails_on_import() -> None:
    async def silent(info: Any) -> int:
        return 1

    with pytest.raises(TypeError):
        query()  # type: ignore[call-arg]  # tests the missing argument
    with pytest.raises(TypeError):
        mutation()  # type: ignore[call-arg]  # tests the missing argument
    with pytest.raises(TypeError, match="docstring"):
        query(access=Access.ANYONE)(silent)


def described() -> Iterator[tuple[str, str | None]]:
    """Yields all elements of the schema with their descriptions."""
    yield "schema", CORE.description
    for name, kind in CORE.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(kind):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{key}", value.description) for key, value in kind.values.items())
        for key, field in getattr(kind, "fields", {}).items():
            yield f"{name}.{key}", field.description
            for argument, definition in getattr(field, "args", {}).items():
                yield f"{name}.{key}({argument})", definition.description


def test_every_element_of_the_schema_has_a_description() -> None:
    sentence = re.compile(r"[A-Z0-9`].*[.`]", re.DOTALL)
    assert [name for name, text in described() if not text or not sentence.fullmatch(text)] == []


def test_every_mutation_has_its_own_input_and_payload() -> None:
    for name, core in CORE.mutation_type.fields.items():
        stem = name[0].upper() + name[1:]
        assert list(core.args) == ["input"], name
        given = core.args["input"].type
        given = given.of_type if isinstance(given, GraphQLNonNull) else given
        payload = core.type.of_type if isinstance(core.type, GraphQLNonNull) else None
        assert payload is not None, f"{name} gives a payload, always"
        assert (given.name, payload.name) == (f"{stem}Input", f"{stem}Payload")
        assert str(payload.fields["errors"].type) == "[UserError!]!", name
        # Null if the mutation was rejected; lists are then empty, and flags are false.
        required = [key for key, field in payload.fields.items() if isinstance(field.type, GraphQLNonNull)]
        lists = {"errors", "recommendations", "notifications", "entries", "itemErrors", "plays"}
        assert set(required) <= lists | {"ok"}, name


PUBLIC_TEXTS = {"message"}


def test_texts_in_payloads_are_secrets_unless_they_are_listed() -> None:
    """A retry with an `Idempotency-Key` gets the stored result; `secret_result` keeps secrets out of it."""
    for name, core in CORE.mutation_type.fields.items():
        for key, field in get_named_type(core.type).fields.items():
            source = strawberry_field(field)
            if source is not None and get_named_type(field.type) is GraphQLString:
                assert (SECRET in source.metadata) != (key in PUBLIC_TEXTS), (name, key)


INNER_INPUTS = {
    "NotificationPreferenceInput",
    "OwnedFamilyInput",
    "QuietHoursInput",
}  # used inside the inputs of mutations


def test_inputs_and_payloads_belong_to_a_single_mutation() -> None:
    stems = {name[0].upper() + name[1:] for name in CORE.mutation_type.fields}
    for kind in CORE.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            assert kind.name.endswith(("Input", "Filter", "Order", "Ref")), kind
            if kind.name.endswith("Input") and kind.name not in INNER_INPUTS:
                assert kind.name.removesuffix("Input") in stems
        if kind.name.endswith("Payload"):
            assert kind.name.removesuffix("Payload") in stems


def test_every_row_type_with_its_own_id_is_a_node() -> None:
    tags: dict[str, Any] = {}
    for model in MAPPED:
        key = model.__mapper__.primary_key[0]
        if isinstance(key, SchemaColumn) and "tag" in key.info:
            tag = key.info["tag"]
            assert tag not in tags, f"{model} and {tags.get(tag)} have the same kind of ids"
            tags[tag] = model
            if model in INNER:
                assert model_of(tag + "0" * 25) is None
                continue
            assert model_of(tag + "0" * 25) is model
            assert any(is_node(name) for name, shown in MODELS.items() if shown is model), model
    assert len(tags) == 30
    assert {name for name in MODELS if not is_node(name)} == {
        "Viewer",
        "NotificationPreference",
        "NotificationSchedule",
        "NotificationSubject",
        "Event",
        "UserSettings",
        "AccountDeletion",
        "FamilyTitle",
        "Suggestion",
        "UpNext",
        "Admin",
        "Account",
        "FailedJob",
        "OfferEvent",
        "ExternalIds",
        "Rating",
    }
