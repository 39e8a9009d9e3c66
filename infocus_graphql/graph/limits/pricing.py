"""Estimates the cost of an operation: from its document, and above a threshold from real lengths of lists."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode

from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.graph.limits.analysis import AnalyzedDocument
from infocus_graphql.graph.limits.cost import NO_LENGTHS, Estimate
from infocus_graphql.graph.limits.costliest import costliest
from infocus_graphql.graph.limits.limits import LimitExceeded, Limits

# Below this cost, the declared bounds are used: reading the real lengths would cost more than it saves.
PRECISE_FROM: Final = 20_000


class Lengths(Protocol):
    """The source of the real lengths of a viewer's lists."""

    async def of(self, viewer_id: str | None) -> Mapping[str, int]:
        """The lengths by the names in `graph/list_lengths.py`."""


class Pricing:
    """Estimates the cost of operations on one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, lengths: Lengths | None = None) -> None:
        self._schema, self._limits, self._lengths = schema, limits, lengths
        self._precise_from = min(PRECISE_FROM, limits.cost)

    async def estimate(
        self,
        known: AnalyzedDocument,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
        viewer_id: str | None,
    ) -> Estimate:
        """Returns the estimated cost of the operation; raises LimitExceeded if it exceeds the limit."""
        found = known.price(operation, variables)
        lengths: Mapping[str, int] = NO_LENGTHS
        fault: Exception | None = None
        if found.total > self._precise_from and self._lengths is not None:
            try:
                lengths = await self._lengths.of(viewer_id)
            except Exception as error:
                if classify_transient(error) is None:
                    raise
                fault = error
            found = known.price(operation, variables, lengths)
        if found.total <= self._limits.cost:
            return found
        if fault is not None:  # with the real lengths it might be within the limit
            raise GraphQLError(str(fault), original_error=fault) from fault
        field = costliest(self._schema, known, operation, variables or {}, lengths)
        raise LimitExceeded("cost", self._limits.cost, found.total, field)
