"""Inputs: telling what a client left out from what it set to null."""

import dataclasses
from typing import Any

import strawberry


def provided_fields(value: Any, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of an input object that the client set, null included, as arguments for a use case."""
    found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {
        name: item for name, item in found.items() if item is not strawberry.UNSET and name not in without
    }
