"""The types of JSON."""

from typing import Any, TypeAlias

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | float | bool | None"
"""A parsed JSON value of any shape."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object whose values are checked where they are read."""
