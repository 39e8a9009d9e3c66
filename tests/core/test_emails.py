"""Normalisation and validation of e-mail addresses."""

import pytest
from hypothesis import given, settings, strategies
from hypothesis.provisional import domains

from infocus_graphql.core.emails import normalised, valid_email
from infocus_graphql.core.errors import ErrorCode, Refused


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann.Lee+films@Example.COM\t", "ann.lee+films@example.com"),
        ("ann@xn--mnchen-3ya.de", "ann@münchen.de"),
        ("ÄNN@MÜNCHEN.de", "änn@münchen.de"),
        ("a\u0308nn@example.com", "änn@example.com"),
    ],
)
def test_an_address_has_one_stored_form(written: str, stored: str) -> None:
    assert normalised(written) == stored
    assert valid_email(written, "email") == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ann",
        "@",
        "ann@",
        "@b.com",
        "a b@c.com",
        "a@b",
        "a@localhost",
        '"a b"@c.com',
        "a@[127.0.0.1]",
        "a@b..com",
        "a\n@b.com",
        "a\0@b.com",
        "a@b.com\0",
        "Ann <a@b.com>",
        "a@b.com, c@d.com",
        "x" * 65 + "@b.com",
        "\ud800@b.com",
    ],
)
def test_invalid_addresses_are_rejected(text: str) -> None:
    assert normalised(text) is None
    with pytest.raises(Refused) as refusal:
        valid_email(text, "email")
    assert [(each.code, each.path) for each in refusal.value.refusals] == [(ErrorCode.INVALID, ("email",))]


@settings(max_examples=200, deadline=None)
@given(strategies.text(min_size=1, max_size=20), domains())
def test_normalisation_is_idempotent(local: str, domain: str) -> None:
    stored = normalised(f"{local}@{domain}")
    assert stored is None or normalised(stored) == stored
