"""Well-formed ids of rows that need not exist."""

from typing import Final


def made_id(tag: str, number: int = 1) -> str:
    """Returns a deterministic id with this tag and number."""
    return f"{tag}{number:025}"


USER: Final = made_id("us")
SESSION: Final = made_id("se")
