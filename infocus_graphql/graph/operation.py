"""An operation as the client sent it, its result, and the error of a request that can't be executed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLError, OperationDefinitionNode

from infocus_graphql.graph.limits.analysis import AnalyzedDocument
from infocus_graphql.graph.limits.cost import Estimate
from infocus_graphql.rate_limiting.limiter import points_for_cost


@dataclass(slots=True)  # not frozen: creating frozen instances takes twice as long, for every operation
class Request:
    """A GraphQL request, as sent by the client."""

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: Mapping[str, object] | None = None
    document_id: str | None = None  # of a trusted document
    idempotency_key: str | None = None
    last_event_id: str | None = None  # the event after which a subscription resumes


class PreparedOperation(NamedTuple):
    """A valid operation that the viewer may run, with its estimated cost."""

    query: str
    parsed: AnalyzedDocument
    operation: OperationDefinitionNode
    estimate: Estimate
    needs_lookup: bool  # whether the request refers to a persisted document, or registers one


@dataclass(slots=True)
class OperationResult:
    """The response body as a dict or as JSON.

    `executed` is False for request errors, which have no `data`.
    """

    body: dict[str, Any] = field(default_factory=dict)
    executed: bool = True
    json: bytes | None = None
    _written: bytes | None = None

    def content(self) -> bytes:
        """Returns the body as JSON. It is serialized once."""
        if self.json is None and self._written is None:
            self._written = orjson.dumps(self.body)
        return self.json or self._written or b""

    @property
    def has_data(self) -> bool:
        """Whether any root field is not null."""
        return self.json is not None or any(
            value is not None for value in (self.body.get("data") or {}).values()
        )

    @property
    def codes(self) -> list[str]:
        """The codes of its errors, sorted and without duplicates: a thousand rows can have the same error."""
        errors: Sequence[Mapping[str, Any]] = self.body.get("errors", ())
        return sorted({str(error.get("extensions", {}).get("code")) for error in errors})

    def with_cost(self, estimated: int, actual: int, limit: int) -> "OperationResult":
        """Returns a copy with the extension `cost`: estimated and actual cost, the limit, and the points."""
        cost = {"estimated": estimated, "actual": actual, "limit": limit, "points": points_for_cost(actual)}
        extensions = {"cost": cost}
        if self.json is None:
            return replace(self, body={**self.body, "extensions": extensions}, _written=None)
        return replace(self, json=self.json[:-1] + b',"extensions":' + orjson.dumps(extensions) + b"}")


class RequestError(Exception):
    """A GraphQL request error: the request is malformed, invalid or not permitted. Nothing was executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
