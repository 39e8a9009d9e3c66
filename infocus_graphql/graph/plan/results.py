"""The results of plans: the bytes of a response, and errors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson
from graphql import GraphQLError

from infocus_graphql.graph.plan.field_errors import without_marks
from infocus_graphql.graph.plan.root_fields import RootFieldPlan


class PlanExecutionError(Exception):
    """The statements of a planned query failed. `data` and `errors` are those of the response."""

    def __init__(self, parts: Sequence[RootFieldPlan], cause: Exception) -> None:
        super().__init__(str(cause))
        asked = [part for part in parts if type(part) is not RootFieldPlan]
        complete = all(part.nullable for part in asked)
        self.data = {part.key: orjson.loads(part.constant) for part in parts} if complete else None
        self.errors = [
            GraphQLError(str(cause), part.nodes, path=[part.key], original_error=cause) for part in asked
        ]


@dataclass(slots=True)
class PlannedResult:
    """The JSON of the response's `data` inside its braces, and the errors of single fields."""

    json: bytes
    errors: list[GraphQLError] = field(default_factory=list)


def fragment(value: bytes) -> orjson.Fragment | None:
    """The value of a field as the executor passes it on."""
    value = without_marks(value)
    return None if value == b"null" else orjson.Fragment(value)


def response_of(fields: Iterable[tuple[str, bytes]]) -> bytes:
    """The JSON of a response with these root fields."""
    return b'{"data":' + object_of(fields) + b"}"


def object_of(fields: Iterable[tuple[str, bytes]]) -> bytes:
    """The JSON of an object."""
    # Names in GraphQL need no escapes.
    return b"{" + b",".join(b'"' + key.encode() + b'":' + value for key, value in fields) + b"}"
