"""How messages name input fields and write numbers."""

import re
from collections.abc import Sequence
from typing import Final

_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ABBREVIATIONS: Final = {"url": "URL", "tmdb": "TMDB", "email": "e-mail address"}


def number(value: float) -> str:
    """A number with thousands separators and without an exponent: `2,147,483,647`, `0.5`."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.10f}".rstrip("0")


def counted(count: int, thing: str) -> str:
    """A count with its noun: `1 character`, `2,000 characters`."""
    return f"{number(count)} {thing}{'' if count == 1 else 's'}"


def label(path: tuple[str, ...], *, otherwise: str = "value") -> str:
    """The subject of a sentence about an input field.

    `("posterPath",)` is "The poster path", `("genres", "2")` is "Item 3 of the genres", and without a
    path it is "The value".
    """
    names = [each for each in path if not each.isdecimal()]
    if not names:
        return f"The {otherwise}"
    if names[-1].endswith("AtLeast"):  # these names are not nouns
        return f"`{names[-1]}`"
    words = names[-2:] if names[-1] == "id" else names[-1:]
    text = " ".join(_words(each) for each in words)
    return f"Item {int(path[-1]) + 1:,} of the {text}" if path[-1].isdecimal() else f"The {text}"


def alternatives(words: Sequence[str]) -> str:
    """Words to choose from: `a`, `a or b`, `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def suggestion(meant: Sequence[str]) -> str:
    """The "Did you mean …?" at the end of a message; empty if `meant` is."""
    return f" Did you mean {alternatives([f'“{each}”' for each in meant])}?" if meant else ""


def _words(name: str) -> str:
    words = _WORD.sub(" ", name).lower().split()
    return " ".join(_ABBREVIATIONS.get(each, each) for each in words)
