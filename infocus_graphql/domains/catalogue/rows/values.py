"""Single values of TMDB in normal form, within the limits of their columns. What can't be stored is None."""

import re
from collections.abc import Iterable
from typing import Final

from infocus_graphql.core.normal_form import multi_line, single_line
from infocus_graphql.core.text import MAX_INT

_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_MAX_RATING: Final = 10


def line(text: str | None, maximum: int) -> str | None:
    """A single line, cut at its maximum length; None if nothing is visible."""
    return _cut(single_line(_encodable(text)), maximum) if text else None


def lines(text: str | None, maximum: int) -> str | None:
    """A text that keeps its line breaks, cut at its maximum length; None if nothing is visible."""
    return _cut(multi_line(_encodable(text)), maximum) if text else None


def whole_line(text: str | None, maximum: int) -> str | None:
    """A single line that is useless when it is cut, such as a path; None if it is too long."""
    found = line(text, maximum + 1)
    return found if found is not None and len(found) <= maximum else None


def labels(texts: Iterable[str], *, maximum: int, count: int) -> list[str]:
    """The labels in their order, without duplicates, up to a number."""
    found = (line(text, maximum) for text in texts)
    return list(dict.fromkeys(label for label in found if label is not None))[:count]


def country(code: str | None) -> str | None:
    """A country code of two upper-case letters."""
    return code if code is not None and _COUNTRY.fullmatch(code) else None


def positive(number: int | None) -> int | None:
    """A number above 0 that fits into an integer column."""
    return number if number is not None and 0 < number <= MAX_INT else None


def count_of(number: int) -> int:
    """A number from 0, as large as an integer column can store."""
    return min(max(number, 0), MAX_INT)


def rating(value: float | None) -> float | None:
    """A rating above 0 and up to 10."""
    return value if value is not None and 0 < value <= _MAX_RATING else None


def _cut(text: str, maximum: int) -> str | None:
    return text[:maximum].rstrip() or None


def _encodable(text: str) -> str:
    """The text without half surrogate pairs, which UTF-8 can't encode."""
    return text if text.isprintable() else text.encode(errors="ignore").decode()
