"""Corrupted request bodies: the strict JSON parser matches a reference, and the server never fails."""

import json
import random
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings, strategies

from infocus_graphql.http import strict_json

LETTERS = '{}[],:"\\0123456789.eE+-nulltrfasuN \t\n\ufeff\0é\U0001f3ac'
# Generated as text, because parsing loses duplicate names and number formats.
SCALARS = strategies.sampled_from(
    "0 1 -1 -0 -0.0 01 1.0 1.50 1e5 1E400 -1e-400 18446744073709551615 18446744073709551616 "
    "-9223372036854775808 -9223372036854775809 0.1 1. .5 true false null True NaN Infinity -Infinity "
    '"" "a" "\\u0061" "\\u00e9" "é" "\\ud83c\\udfac" "\\ud800" "\\/" "\\x" "\t" \'a\''.split(" ")
)
NAMES = strategies.sampled_from(['"a"', '"b"', '"\\u0061"', '""', "a", '"é"'])
TEXTS = strategies.recursive(
    SCALARS,
    lambda inner: (
        strategies.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | strategies.lists(strategies.tuples(NAMES, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"
        )
    ),
    max_leaves=8,
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
    """A reference implementation of the strict rules with the standard library's parser."""

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
@given(text=TEXTS, at=strategies.integers(0, 200), new=strategies.sampled_from(["", "", "", *LETTERS]))
def test_the_strict_parser_matches_the_reference(text: str, at: int, new: str) -> None:
    text = text[:at] + new + text[at:]
    try:
        expected = repr(by_the_book(text))
    except ValueError:
        with pytest.raises(ValueError, match=r"\w"):
            strict_json.loads(text.encode())
    else:
        assert repr(strict_json.loads(text.encode())) == expected


@pytest.mark.parametrize("seed", range(3))
async def test_no_body_causes_an_internal_error(http: httpx.AsyncClient, seed: int) -> None:
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
        response = await http.post("/graphql", content=bytes(body), headers=headers)
        statuses.add(response.status_code)
        found = response.json()
        codes = {error["extensions"]["code"] for error in found.get("errors", [])}
        assert "INTERNAL" not in codes, body
        assert ("data" in found) is (response.status_code == 200), body
        assert codes or "data" in found, body
    assert statuses == {200, 400}
