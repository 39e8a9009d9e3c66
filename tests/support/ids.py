"""Ids of rows that need not exist, in the form of those that do."""

from typing import Final


def made_id(tag: str, number: int = 1) -> str:
    """The id of a type's row with this number."""
    return f"{tag}{number:025}"


USER: Final = made_id("us")
SESSION: Final = made_id("se")
