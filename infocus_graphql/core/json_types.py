"""The types of JSON."""

from typing import TypeAlias

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | float | bool | None"
"""A parsed JSON value of any shape."""
