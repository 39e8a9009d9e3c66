"""Ids of rows."""

import string

from hypothesis import given, strategies

from infocus_graphql.core.ids import ID_LENGTH, base36, new_id, tag_of

NUMBERS = strategies.integers(0, 2**128 - 1)


def test_an_id_is_a_tag_and_25_letters_and_digits() -> None:
    made = [new_id("us") for _ in range(2000)]
    assert len(set(made)) == 2000
    assert {len(each) for each in made} == {ID_LENGTH} == {27}
    assert set("".join(made)) <= set(string.ascii_lowercase + string.digits)
    assert {tag_of(each) for each in made} == {"us"}


def test_ids_sort_by_creation_time() -> None:
    made = [new_id("us") for _ in range(2000)]
    assert made == sorted(made)


@given(NUMBERS, NUMBERS)
def test_base_36_preserves_value_and_order(one: int, other: int) -> None:
    assert int(base36(one), 36) == one
    assert (base36(one) < base36(other)) is (one < other)


@given(strategies.text())
def test_invalid_ids_have_no_tag(text: str) -> None:
    assert tag_of(text) is None


def test_almost_valid_ids_have_no_tag() -> None:
    good = "us" + "0" * 25
    assert tag_of(good) == "us"
    for bad in (
        good + "0",
        good[:-1],
        good.upper(),
        good + "\n",
        " " + good,
        "u1" + "0" * 25,
        "us" + "٣" * 25,
        "us" + "-" * 25,
    ):
        assert tag_of(bad) is None, bad
