"""Publishes the models' enums in GraphQL, with descriptions for the enum and each value."""

import enum
from collections.abc import Mapping
from typing import TypeVar

import strawberry

from infocus_graphql.graph.strawberry_internals import enum_definition

E = TypeVar("E", bound=enum.Enum)


def publish_enum(
    members: type[E], description: str, values: Mapping[E, str], *, name: str | None = None
) -> type[E]:
    """Makes `members` a GraphQL enum and returns it. Raises TypeError unless each member is described."""
    if set(values) != set(members):
        raise TypeError(f"{members.__name__} needs a description for each of its values")
    published = strawberry.enum(members, name=name, description=description)
    texts = {member.name: text for member, text in values.items()}
    for value in enum_definition(published).values:
        value.description = texts[value.name]
    return published
