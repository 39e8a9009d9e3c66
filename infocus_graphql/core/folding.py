"""The search form of text: equal for texts that differ only in case, accents, width or typographic signs.

The database has the same function, `search_form(text)`, which fills the columns used for search and sorting.
A test compares the two over all characters. A change here needs a migration that changes the SQL function.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from infocus_graphql.core.normal_form import single_line

# Accents of Latin, Greek and Cyrillic letters, points and vowel signs of Hebrew, Arabic and Syriac, and the
# invisible characters allowed in the normal form. Signs that make a different letter are kept, such as
# the vowels of Indic scripts and the voicing marks of Japanese.
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u08d3-\u08e1\u08e3-\u08ff"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
    "\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
# Letters that Unicode does not decompose, although readers see a letter with a mark, or two letters.
_LETTERS: Final = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "\u0131": "i",
    "ŧ": "t",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
}
# Typographic quotes and dashes, mapped to those on keyboards.
_SIGNS: Final = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc`\xb4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\xab\xbb", '"'),
    **dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-"),
}
_KATAKANA: Final = (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)
_TO_HIRAGANA: Final = 0x60
_FOLDS: Final = str.maketrans(
    {**_LETTERS, **_SIGNS, **{chr(code): chr(code - _TO_HIRAGANA) for code in _KATAKANA}}
)


def search_form(text: str) -> str:
    """The form used for search and comparison: `Straße`, `STRASSE` and `strasse` have the same one."""
    if text.isascii():
        return text.lower().replace("`", "'")
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", bare.casefold().translate(_FOLDS))


def input_search_form(text: str) -> str:
    """The search form of user input, which may not be in normal form yet."""
    return search_form(single_line(text))


def input_search_forms(texts: Iterable[str]) -> list[str]:
    """The search forms of several inputs, without duplicates."""
    return list(dict.fromkeys(map(input_search_form, texts)))
