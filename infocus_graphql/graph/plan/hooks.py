"""Strawberry's own hooks on a field: permission classes and field extensions.

A plan reads declarations and runs no resolver, so it would skip them. A field with a hook is not planned:
graphql-core runs its resolver as Strawberry wraps it.
"""

from typing import Protocol

from infocus_graphql.graph.plan.selection import Unplannable
from infocus_graphql.graph.strawberry_internals import StrawberryField


class Named(Protocol):
    """A type of GraphQL, as Strawberry or graphql-core define it."""

    @property
    def name(self) -> str:
        """The type's name."""


def refuse_hooks(gtype: Named, name: str, field: StrawberryField | None) -> None:
    """Raises Unplannable for a field that has permission classes or field extensions."""
    if field is not None and (field.permission_classes or field.extensions):
        raise Unplannable(f"{gtype.name}.{name}: it has permission classes or field extensions")
