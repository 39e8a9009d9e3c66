"""Each payload contains what queries return afterwards, so that client caches stay correct."""

from dataclasses import replace
from typing import Any

import pytest

from infocus_graphql.graph.declarations import ACCESS
from infocus_graphql.graph.root import Access
from infocus_graphql.graph.strawberry_internals import core_schema, strawberry_field
from infocus_graphql.schema import schema
from tests.api.payloads import account_cases
from tests.api.payloads.case import SHOWN
from tests.api.payloads.cases import CASES
from tests.api.sessions.conftest import Clock
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.payloads import PAYLOADS

# Mutations without an input that could be invalid.
_NEVER_REFUSED = {
    "cancelAccountDeletion",
    "requestDataExport",
    "requestEmailVerification",
    "startPasskeyVerification",
}
mutations: Any = core_schema(schema).mutation_type
assert account_cases  # registers its cases


def test_every_mutation_of_a_signed_in_user_has_a_case() -> None:
    def access(name: str) -> Access:
        field = strawberry_field(mutations.fields[name])
        assert field is not None
        found: Access = field.metadata[ACCESS]
        return found

    signed_in = {name for name in mutations.fields if access(name) in (Access.SIGNED_IN, Access.STAFF)}
    assert set(CASES) == signed_in


@pytest.mark.parametrize("mutation", CASES)
async def test_a_payload_equals_a_query_afterwards(
    api: Api, make: Factories, clock: Clock, mutation: str
) -> None:
    case = await CASES[mutation](api, make)
    before = await case.state()
    payload = await case.run(mutation)
    assert payload["errors"] == []
    if mutation == "createFamily":
        case = replace(case, family=payload["family"]["id"])
    after = await case.state()
    assert (before != after) is case.changes
    shown = PAYLOADS[mutation].split()
    assert {name: payload[name] for name in SHOWN if name in shown} == {
        name: after[name] for name in SHOWN if name in shown
    }
    # No other object changed, except the lists of families, which are on `viewer.families`. Deleted objects
    # are named by `deletedId`.
    for name in {"viewer", "mediaItem"} - set(shown):
        assert before[name] == after[name] or after[name] is None
    gone = payload.get("deletedId")
    assert (
        gone is None or await case.client.data("query ($id: ID!) { node(id: $id) { id } }", id=gone) is None
    )


@pytest.mark.parametrize("mutation", sorted(set(CASES) - _NEVER_REFUSED))
async def test_a_rejected_mutation_returns_no_objects(
    api: Api, make: Factories, clock: Clock, mutation: str
) -> None:
    case = await CASES[mutation](api, make)
    wrong = {name: _wrong(name, value) for name, value in case.input.items()}
    payload = await replace(case, input=wrong).run(mutation)
    assert payload.pop("errors") != []
    assert [value for value in payload.values() if value] == []


def _wrong(name: str, value: Any) -> Any:
    """Returns an invalid value of the same type, or the same value if there is none."""
    if name in ("id", "familyId"):
        return value[:2] + "0" * 25
    if name == "preferences":
        return value * 2  # each kind once
    if name == "media":
        return {"id": _wrong("id", value["id"])}
    if isinstance(value, str) and not value.isupper():  # keeps enum values
        return ""
    wrong = {"credential": {}, "streamingServiceIds": ["x"], "notificationIds": ["x"], "items": []}
    return wrong.get(name, value)
