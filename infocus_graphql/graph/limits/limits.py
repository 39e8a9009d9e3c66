"""The limits of documents and operations, and the error for exceeding one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graphql import GraphQLError, Source

from infocus_graphql.graph.limits.places import Place
from infocus_graphql.settings import Settings

if TYPE_CHECKING:
    from infocus_graphql.graph.limits.costliest import Costliest

NAMES: Final = {
    "characters": "CHARACTER_LIMIT_EXCEEDED",
    "tokens": "TOKEN_LIMIT_EXCEEDED",
    "depth": "DEPTH_LIMIT_EXCEEDED",
    "aliases": "ALIAS_LIMIT_EXCEEDED",
    "root_fields": "ROOT_FIELD_LIMIT_EXCEEDED",
    "directives": "DIRECTIVE_LIMIT_EXCEEDED",
    "repetitions": "REPETITION_LIMIT_EXCEEDED",
    "objects": "OBJECT_LIMIT_EXCEEDED",
    "operations": "OPERATION_LIMIT_EXCEEDED",
    "cost": "COST_LIMIT_EXCEEDED",
}
_MESSAGES: Final = {
    "characters": "The document has more than {limit:,} characters. Pass long values as variables.",
    "tokens": "The document has more than {limit:,} tokens.",
    "depth": "The operation is nested more than {limit:,} levels deep.",
    "aliases": "The operation has more than {limit:,} aliases.",
    "root_fields": "The operation has more than {limit:,} root fields.",
    "directives": "The operation has more than {limit:,} directives.",
    "repetitions": "The operation selects the same field in the same place more than {limit:,} times.",
    "objects": "The operation selects more than {limit:,} objects and lists, fragments included.",
    "operations": "The document has more than {limit:,} operations.",
    "cost": "The operation may cost {found:,}, more than the limit of {limit:,}.",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a document, and of the cost of an operation."""

    characters: int = 50_000
    tokens: int = 2000
    depth: int = 12
    aliases: int = 30
    root_fields: int = 20
    directives: int = 50
    repetitions: int = 100
    objects: int = 50
    operations: int = 20
    cost: int = 200_000

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """The limits from the settings."""
        return cls(
            characters=settings.max_characters,
            tokens=settings.max_tokens,
            depth=settings.max_depth,
            aliases=settings.max_aliases,
            root_fields=settings.max_root_fields,
            directives=settings.max_directives,
            repetitions=settings.max_repetitions,
            objects=settings.max_objects,
            operations=settings.max_operations,
            cost=settings.max_cost,
        )


class LimitExceeded(GraphQLError):
    """A document or an operation is larger than allowed; the error says which limit, by code and number.

    It has the location and the path of the first `field` beyond the limit, or of the field that costs most.
    """

    def __init__(
        self,
        name: str,
        limit: int,
        found: int = 0,
        field: "Costliest | None" = None,
        *,
        place: Place | None = None,
        source: Source | None = None,
        positions: Collection[int] | None = None,
    ) -> None:
        self.name = name
        extensions: dict[str, object] = {"code": NAMES[name], "limit": limit}
        message = _MESSAGES[name].format(limit=limit, found=found)
        node = place.node if place is not None else None
        if name == "cost":
            extensions["cost"] = found
        if field is not None:
            node, extensions["field"] = field.node, field.extensions()
            message = f"{message} {field.words()}"
        elif place is not None and place.path:
            extensions["field"] = {"path": list(place.path)}
            message = f"{message} The first field beyond it is `{'.'.join(place.path)}`."
        super().__init__(message, node, source, positions, extensions=extensions)
