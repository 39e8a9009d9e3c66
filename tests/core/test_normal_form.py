"""The normal form of text."""
# ruff: noqa: RUF001 - the tests are about letters of many scripts

import unicodedata

import pytest
from hypothesis import given, settings, strategies

from infocus_graphql.core.normal_form import multi_line, single_line

INVISIBLE = [
    *"\x01\x1b\x7f\x90\xad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u200f",
    *"\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2066\u2067\u2068\u2069\u206a\u3164\ufe0f\ufeff\uffa0",
    *"\ufff9\ufdd0\uffff\U0001d173\U000e0001\U000e0041\U000e0100\U0010ffff",
]
KEPT = [
    "👩‍🚀",
    "👨‍👩‍👧‍👦",
    "❤️‍🔥",
    "🏳️‍🌈",
    "👍🏽",
    "1️⃣",
    "☠️",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "می\u200cخواهم",  # Persian: a non-joiner inside a word
    "क्\u200dष",  # Hindi: a joiner after a virama
    "ශ්\u200dරී",
    "葛\U000e0100城",  # a variant of a Han character, as in Japanese names
    "ᠮᠣ\u180bᠩ",
    "Łódź ß ﬁ ½ ™ ｶﾅ",  # compatibility characters are kept
]


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_invisible_characters_are_removed(character: str) -> None:
    for text in (f"Ho{character}me", f"{character}Home", f"Home{character}", f"Ho{character * 3}me"):
        assert single_line(text) == multi_line(text) == "Home"
    assert single_line(character) == multi_line(f" {character}\n") == ""


@pytest.mark.parametrize("text", KEPT)
def test_visible_characters_are_kept(text: str) -> None:
    assert single_line(text) == multi_line(text) == unicodedata.normalize("NFC", text)
    inside = f"The {text} family"
    assert single_line(inside) == unicodedata.normalize("NFC", inside)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("  Ann \t Lee\n", "Ann Lee"),
        ("Ann\r\nLee\u2028\u2029\x85\x0b\x0cX", "Ann Lee X"),
        ("Ann\u00a0\u2003\u3000\u1680\u2800Lee", "Ann Lee"),
        ("e\u0301\u200b", "é"),
        ("e\u034f\u0301", "é"),
        ("\u212b", "Å"),
        ("\u2800", ""),
    ],
)
def test_single_lines_have_single_spaces_and_composed_characters(written: str, form: str) -> None:
    assert single_line(written) == form


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("one\u2028two\u2029three\x85four", "one\ntwo\nthree\nfour"),
        ("  one  \n\n\ttwo  two \n  \n", "one\n\n\ttwo  two"),
        (" \n\u200b\n\u2800", ""),
    ],
)
def test_multi_line_text_keeps_its_line_breaks(written: str, form: str) -> None:
    assert multi_line(written) == form


PIECES = [*"aé \n\t\u0301\u0338🏴👩❤1#葛葛ب ん\u094dक\u20e3\u2adc", *INVISIBLE, *KEPT]


@settings(max_examples=400, deadline=None)
@given(strategies.lists(strategies.sampled_from(PIECES) | strategies.characters(), max_size=12))
def test_normalisation_is_idempotent(pieces: list[str]) -> None:
    text = "".join(pieces)
    for form_of in (single_line, multi_line):
        form = form_of(text)
        assert form_of(form) == form == unicodedata.normalize("NFC", form)
    assert "\n" not in single_line(text)
