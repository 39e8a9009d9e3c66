"""What each mutation's payload contains: the objects whose values, lists or counts it changes."""

from typing import Any

import pytest
from graphql import get_named_type, is_leaf_type

from infocus_graphql.graph.declarations import ACCESS, PayloadRow, declared_by
from infocus_graphql.graph.root import Access
from infocus_graphql.graph.strawberry_internals import core_schema, strawberry_field
from infocus_graphql.schema import schema
from tests.support.payloads import PAYLOADS

mutations: Any = core_schema(schema).mutation_type


def test_every_mutation_is_in_the_table() -> None:
    assert set(PAYLOADS) == set(mutations.fields)


@pytest.mark.parametrize("mutation", PAYLOADS)
def test_a_payload_contains_the_changed_objects(mutation: str) -> None:
    fields = get_named_type(mutations.fields[mutation].type).fields
    objects = {
        name
        for name, field in fields.items()
        if name == "deletedId"
        or (name not in ("errors", "itemErrors") and not is_leaf_type(get_named_type(field.type)))
    }
    assert objects == set(PAYLOADS[mutation].split())
    # Declared fields are read by the plan engine after the commit, subject to visibility.
    assert all(isinstance(declared_by(fields[name]), PayloadRow) for name in objects - {"deletedId"})


@pytest.mark.parametrize("mutation", PAYLOADS)
def test_a_mutation_of_a_signed_in_user_returns_the_viewer(mutation: str) -> None:
    field = strawberry_field(mutations.fields[mutation])
    assert field is not None
    if field.metadata[ACCESS] in (Access.SIGNED_IN, Access.STAFF):
        assert "viewer" in PAYLOADS[mutation].split()


def test_only_payloads_that_can_be_without_objects_say_ok() -> None:
    """Where success always returns an object, `ok` would only repeat that `errors` is empty."""
    with_ok = {name for name, field in mutations.fields.items() if "ok" in get_named_type(field.type).fields}
    assert with_ok == {
        "confirmEmailChange",
        "requestPasswordReset",
        "resetPassword",
        "signOut",
        "verifyEmail",
    }
