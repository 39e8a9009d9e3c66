"""What an operation pays: its estimate is held while it runs, and what it didn't use is given back."""

from typing import TYPE_CHECKING, Final

from infocus_graphql.db.transient_errors import TransientError
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.limits.cost import Estimate
from infocus_graphql.graph.limits.field_costs import ROW
from infocus_graphql.graph.limits.texts import BYTES_OF_UNIT
from infocus_graphql.graph.rate_limits import charge, give_back, take
from infocus_graphql.rate_limiting.limiter import points_for_cost

if TYPE_CHECKING:
    from infocus_graphql.graph.execution import OperationResult

# A plan takes about 2 ms for each object or list, a point of its own; small operations have it free.
_PLANNED_FREE: Final = 5


def used_by(estimate: Estimate, content: bytes) -> int:
    """What an operation with this response has used: never more than the estimate.

    What it read counts as estimated, as the lengths of lists are known; what it returned is measured.
    """
    returned = content.count(b"{") * ROW + len(content) // BYTES_OF_UNIT
    return min(estimate.read + min(returned, estimate.returned), estimate.total)


def pay_for_plan(context: Context, objects: int) -> None:
    """Takes the points for planning so many objects and lists, if that was needed for this operation."""
    if context.planned:
        charge(context, objects - _PLANNED_FREE)


class Hold:
    """The points that one operation holds; one was taken before it was looked at, and is kept.

    Without `settle` or `release`, as when it takes too long or its client goes away, it pays all of them.
    """

    def __init__(self, context: Context, estimate: Estimate) -> None:
        """Takes the points; raises RateLimited when there are not so many left."""
        self._context, self._estimate = context, estimate
        self._points = points_for_cost(estimate.total) - 1
        if self._points:
            take(context, self._points)

    def settle(self, answer: "OperationResult") -> int:
        """Gives back what the operation with this answer did not use; returns the cost that it used.

        It pays nothing when the database could not be reached.
        """
        codes = {error.get("extensions", {}).get("code") for error in answer.body.get("errors", ())}
        used = 0 if TransientError.UNAVAILABLE.value in codes else used_by(self._estimate, answer.content())
        self._give_back(self._points + 1 - points_for_cost(used))
        return used

    def release(self) -> None:
        """Gives all of it back: the operation was refused before it ran."""
        self._give_back(self._points)

    def _give_back(self, points: int) -> None:
        if points > 0:
            give_back(self._context, points)
            self._points -= points
