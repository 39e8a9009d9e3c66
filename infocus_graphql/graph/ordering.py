"""The orders of a connection, and the direction that `orderBy` selects."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.graph.enums import publish_enum


class Direction(enum.Enum):
    """The direction of an order."""

    ASC = "asc"
    DESC = "desc"


OrderDirection: TypeAlias = Direction
publish_enum(
    OrderDirection,
    "The direction of an order. Items without a value come last in both directions.",
    {
        Direction.ASC: "Ascending: smallest, earliest or A first.",
        Direction.DESC: "Descending: largest, latest or Z first.",
    },
    name="OrderDirection",
)


@dataclass(frozen=True, eq=False)
class Orders:
    """The orders of a connection: the default, and those that `orderBy` can select."""

    default: Order
    by: Mapping[Any, tuple[SortKey, ...]] = field(default_factory=dict)
    input_type: Any = None

    def chosen(self, order_by: Any) -> Order:
        """Returns the order for the value of the argument `orderBy`."""
        if order_by is None:
            return self.default
        descending = order_by.direction is Direction.DESC
        return Order(order_by.field.name, self.by[order_by.field], descending)
