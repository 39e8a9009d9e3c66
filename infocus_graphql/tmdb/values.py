"""Converts single values of TMDB; every spelling of "unknown" becomes None."""

from datetime import date
from typing import TypeVar

N = TypeVar("N", int, float)


def known_text(text: str | None) -> str | None:
    """The text without blanks at its ends; None for an empty one. PostgreSQL stores no NUL characters."""
    return (text.replace("\0", "").strip() or None) if text is not None else None


def known_number(number: N | None) -> N | None:
    """The number; None for 0 and less, which TMDB writes for unknown runtimes, ids and votes."""
    return number if number is not None and number > 0 else None


def parse_date(text: str | None) -> date | None:
    """The date; None for an empty text and for one that is no ISO 8601 date."""
    text = known_text(text)
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
