"""The strict JSON parser accepts valid JSON like the standard library and rejects everything else."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings, strategies

from infocus_graphql.http import strict_json

VALUES = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers(-(2**63), 2**64 - 1)
    | strategies.floats(allow_nan=False, allow_infinity=False)
    | strategies.text(),
    lambda inner: strategies.lists(inner, max_size=4) | strategies.dictionaries(strategies.text(), inner),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(VALUES, strategies.booleans())
def test_valid_values_are_parsed_unchanged(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert strict_json.loads(f" \t\r\n{text}\n ".encode()) == value


@settings(max_examples=60, deadline=None, derandomize=True)
@given(VALUES)
def test_json_of_browsers_is_parsed_alike(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    found = strict_json.loads(text.encode())
    assert found == value
    assert repr(found) == repr(value)  # because 1 == 1.0


def test_invalid_utf_8_is_rejected() -> None:
    with pytest.raises(UnicodeDecodeError):
        strict_json.loads(b'"\xff"')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":1,"b":{"c":1,"c":1}}', "An object has the same name twice."),
        ('{"a":1,"\\u0061":2}', "An object has the same name twice."),
        ("[NaN]", "NaN is not JSON."),
        ("[-Infinity]", "-Infinity is not JSON."),
        ("[1e400]", "A number is too large."),
        ("[18446744073709551616]", "A whole number has more than 64 bits."),
        ("[-9223372036854775809]", "A whole number has more than 64 bits."),
        ("[" * 65 + "]" * 65, "It is nested more than 64 levels deep."),
        ("[" * 4_999, "It is nested more than 64 levels deep."),
        ("[" * 100_000, "It has more than 5,000 commas and brackets."),
        ("[" + "1," * 5_000 + "1]", "It has more than 5,000 commas and brackets."),
        ("\ufeff{}", "It is not valid JSON: it begins with a byte order mark."),
        ("{} {}", "It is not valid JSON: Extra data at character 3."),
        ("", "It is not valid JSON: Expecting value at character 0."),
        ("['a']", "It is not valid JSON: Expecting value at character 1."),
        ('"a\nb"', "It is not valid JSON: Invalid control character at at character 2."),
    ],
    ids=lambda text: text[:40],
)
def test_invalid_json_is_rejected_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        strict_json.loads(text.encode())


def test_lone_surrogates_are_accepted_and_rejected_later_with_their_path() -> None:
    assert strict_json.loads(b'{"a":"\\ud800"}') == {"a": "\ud800"}
    assert strict_json.loads(b"[" * 64 + b"]" * 64)
