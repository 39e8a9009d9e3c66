"""Bodies that something happened to: the strict reader reads by the book, and the server never fails."""

import json
import random
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings, strategies

from infocus_graphql.http import strict_json

LETTERS = '{}[],:"\\0123456789.eE+-nulltrfasuN \t\n\ufeff\0é\U0001f3ac'
VALUES = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers(-(2**66), 2**66)
    | strategies.floats(allow_nan=True)
    | strategies.text(max_size=8),
    lambda inner: (
        strategies.lists(inner, max_size=4)
        | strategies.dictionaries(strategies.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
FORMS: Sequence[dict[str, Any]] = (
    {"separators": (",", ":"), "ensure_ascii": False},
    {"separators": (",", ":")},
    {},
    {"indent": 1},
)
BODY = json.dumps(
    {
        "query": "query Q($name: String) { hello(name: $name) }",
        "variables": {"name": "Ann", "more": [1, 2.5, None]},
        "operationName": "Q",
        "extensions": {"cost": True},
    }
).encode()


def by_the_book(text: str) -> Any:
    """The same rules over the ordinary reader."""

    def members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    def number(digits: str) -> int:
        if not -(2**63) <= (found := int(digits)) < 2**64:
            raise ValueError("large")
        return found

    def fraction(digits: str) -> float:
        if abs(found := float(digits)) == float("inf"):
            raise ValueError("large")
        return found

    def constant(name: str) -> Any:
        raise ValueError(name)

    return json.loads(
        text, object_pairs_hook=members, parse_int=number, parse_float=fraction, parse_constant=constant
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    VALUES,
    strategies.sampled_from(FORMS),
    strategies.lists(
        strategies.tuples(
            strategies.integers(0, 10**6), strategies.integers(0, 2), strategies.text(LETTERS, max_size=2)
        ),
        max_size=2,
    ),
)
def test_it_reads_what_the_ordinary_reader_reads_by_the_same_rules(
    value: Any, form: dict[str, Any], edits: list[tuple[int, int, str]]
) -> None:
    text = json.dumps(value, **form)
    for at, cut, new in edits:
        place = at % (len(text) + 1)
        text = text[:place] + new + text[place + cut :]
    try:
        expected = repr(by_the_book(text))
    except ValueError:
        with pytest.raises(ValueError, match=r"\w"):
            strict_json.loads(text.encode())
    else:
        assert repr(strict_json.loads(text.encode())) == expected


@pytest.mark.parametrize("seed", range(3))
async def test_no_body_makes_the_server_fail(http: httpx.AsyncClient, seed: int) -> None:
    chance = random.Random(seed)
    statuses = set()
    for _ in range(250):
        body = bytearray(BODY)
        for _ in range(chance.choice([1, 1, 2, 5])):
            at = chance.randrange(len(body))
            edit = chance.choice(
                [b"", bytes([chance.randrange(256)]), chance.choice(LETTERS).encode(), body[:at]]
            )
            body[at : at + chance.choice([0, 1, 1, 20])] = edit
        headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
        answer = await http.post("/graphql", content=bytes(body), headers=headers)
        statuses.add(answer.status_code)
        found = answer.json()
        codes = {error["extensions"]["code"] for error in found.get("errors", [])}
        assert "INTERNAL" not in codes, body
        assert ("data" in found) is (answer.status_code == 200), body
        assert codes or "data" in found, body
    assert statuses == {200, 400}
