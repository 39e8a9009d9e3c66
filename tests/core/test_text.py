"""Validation of texts and numbers."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from infocus_graphql.core.errors import ErrorCode, Refused
from infocus_graphql.core.text import (
    check_count,
    check_range,
    required,
    validated_text,
    validated_text_or_none,
    web_address,
)


def test_texts_are_trimmed() -> None:
    assert validated_text("  a b \n", "name", maximum=3) == "a b"
    assert validated_text_or_none(" a ", "name", maximum=1) == "a"
    assert validated_text_or_none(" \t", "name", maximum=1) is None
    assert validated_text_or_none(None, "name", maximum=1) is None
    assert validated_text("🎬" * 3, "name", maximum=3) == "🎬" * 3


@pytest.mark.parametrize(
    ("check", "code", "bounds"),
    [
        (lambda: validated_text("abcd", "f", maximum=3), ErrorCode.TOO_LONG, (1, 3)),
        (lambda: validated_text("  ", "f", maximum=3), ErrorCode.REQUIRED, (1, 3)),
        (lambda: validated_text("a", "f", maximum=3, minimum=2), ErrorCode.TOO_SHORT, (2, 3)),
        (lambda: validated_text_or_none("abcd", "f", maximum=3), ErrorCode.TOO_LONG, (1, 3)),
        (lambda: check_range(0, "f", minimum=1, maximum=10), ErrorCode.OUT_OF_RANGE, (1, 10)),
        (lambda: check_range(10.5, "f", minimum=1, maximum=10), ErrorCode.OUT_OF_RANGE, (1, 10)),
        (lambda: check_range(math.nan, "f", minimum=1, maximum=10), ErrorCode.OUT_OF_RANGE, (1, 10)),
        (lambda: check_range(math.inf, "f", minimum=1, maximum=10), ErrorCode.OUT_OF_RANGE, (1, 10)),
        (lambda: check_count(4, "f", maximum=3), ErrorCode.TOO_LONG, (0, 3)),
        (lambda: check_count(1, "f", maximum=3, minimum=2), ErrorCode.TOO_SHORT, (2, 3)),
        (lambda: web_address("ftp://example.com", "f", maximum=30), ErrorCode.INVALID, (None, None)),
    ],
)
def test_errors_contain_the_limits(
    check: Callable[[], Any], code: ErrorCode, bounds: tuple[float, float]
) -> None:
    with pytest.raises(Refused) as refusal:
        check()
    (reason,) = refusal.value.refusals
    assert (reason.code, reason.path) == (code, ("f",))
    assert (reason.minimum, reason.maximum) == bounds


def test_values_within_the_limits_are_accepted() -> None:
    check_range(1, "f", minimum=1, maximum=10)
    check_range(10, "f", minimum=1, maximum=10)
    check_count(3, "f", maximum=3, minimum=3)


def test_null_is_rejected_for_required_values() -> None:
    (reason,) = required("name").refusals
    assert (reason.code, reason.path) == (ErrorCode.REQUIRED, ("name",))


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "HTTP://example.com:80/a?b=c#d", "https://münchen.de/ä", "https://[::1]:8443/"],
)
def test_urls_are_kept_unchanged(url: str) -> None:
    assert web_address(f" {url} ", "url", maximum=100) == url
    assert web_address("  ", "url", maximum=100) is None
