"""Distinguishes absent input fields from fields set to null."""

import dataclasses
from typing import Any

import strawberry


def provided_fields(value: Any, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Returns the input fields that the client set, including null, as keyword arguments of a use case."""
    found = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {
        name: item for name, item in found.items() if item is not strawberry.UNSET and name not in without
    }
