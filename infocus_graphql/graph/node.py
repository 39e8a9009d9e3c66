"""The `Node` interface, and the registry that maps GraphQL row types to models."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import strawberry
from sqlalchemy import inspect

from infocus_graphql.core.ids import tag_of
from infocus_graphql.db.links import primary_key
from infocus_graphql.graph.declarations import DECLARED, Column
from infocus_graphql.graph.strawberry_internals import object_definition

T = TypeVar("T", bound=type)

_ID = "The globally unique, permanent and opaque id of the object."


@strawberry.interface(description="An object with an id, which can be read again with `node(id)`.")
class Node:
    """The `Node` interface of the Relay specification."""

    id: strawberry.ID = strawberry.field(description=_ID)


ROW_TYPES: dict[type, type] = {}
_by_tag: dict[str, type] = {}


def row_type(model: type, *, name: str | None = None) -> Callable[[T], T]:
    """Makes the decorated class the GraphQL type of the rows of `model`. Its docstring is the description."""

    def decorate(cls: T) -> T:
        def is_type_of(value: object, _info: object) -> bool:
            return isinstance(value, model)

        cls.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]  # read by Strawberry
        if issubclass(cls, Node):
            cls.__annotations__["id"] = strawberry.ID
            declared = {DECLARED: Column(primary_key(model))}
            setattr(cls, "id", strawberry.field(description=_ID, metadata=declared))  # noqa: B010 - no attribute yet
        published = strawberry.type(cls, name=name, description=_text(cls))
        ROW_TYPES[published] = model
        if issubclass(cls, Node):
            _by_tag[id_tag_of(model)] = model
        return published

    return decorate


def type_name_of(model: type) -> str:
    """Returns the name of the GraphQL node type of `model`."""
    names: Iterator[str] = (
        object_definition(shown).name
        for shown, mapped in ROW_TYPES.items()
        if mapped is model and issubclass(shown, Node)
    )
    return next(names)


def id_tag_of(model: type) -> str:
    """Returns the tag that the ids of a mapped class begin with."""
    tag: str = inspect(model).primary_key[0].info["tag"]
    return tag


def model_of(node_id: str) -> type | None:
    """Returns the model whose ids have the prefix of `node_id`; None if it is not a valid id."""
    tag = tag_of(node_id)
    return _by_tag.get(tag) if tag else None


def _text(cls: type) -> str:
    if not cls.__doc__:
        raise TypeError(f"{cls.__name__} needs a docstring: it is published as its description")
    return " ".join(cls.__doc__.split())
