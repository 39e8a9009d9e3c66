"""How many rows a field may give: by its page arguments, by the ids it is asked for, or as declared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import FieldNode, IntValueNode, ListValueNode, NullValueNode, ValueNode, VariableNode

from infocus_graphql.graph.connection import DEFAULT_PAGE, MAX_PAGE

_PAGE: Final = ("first", "last")


@dataclass(frozen=True, slots=True)
class Size:
    """A size that depends on variables. Without a number in any of them it is `otherwise`."""

    variables: tuple[str, ...]
    least: int  # of a literal beside the variables
    otherwise: int

    def of(self, values: Mapping[str, Any]) -> int:
        """The size with these values; wrong ones count as the nearest good one, as they are refused later."""
        given = [size for name in self.variables if (size := size_of(values.get(name))) is not None]
        return max([self.least, *given]) if given else self.least or self.otherwise


def size_of(value: Any) -> int | None:
    """What a variable's value means for a size; this, and no more, is what the cost depends on."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 1 if isinstance(value, str) else None  # an id alone stands for a list of one
    return min(max(value, 0), MAX_PAGE)


def page_size(node: FieldNode) -> int | Size:
    """How many rows a page may have."""
    return _size([_argument(node, name) for name in _PAGE], DEFAULT_PAGE)


def list_size(node: FieldNode, argument: str) -> int | Size:
    """How many rows a field gives that finds them by a list of ids."""
    return _size([_argument(node, argument)], 0)


def _size(given: list[ValueNode | None], otherwise: int) -> int | Size:
    literal = max((_literal(value) for value in given), default=0)
    names = tuple(value.name.value for value in given if isinstance(value, VariableNode))
    return Size(names, literal, otherwise) if names else literal or otherwise


def _literal(value: ValueNode | None) -> int:
    if isinstance(value, IntValueNode):
        # Not converted unless it is short: thousands of digits take their time.
        return min(max(int(value.value), 0), MAX_PAGE) if len(value.value) <= len(str(MAX_PAGE)) else MAX_PAGE
    if isinstance(value, ListValueNode):
        return len(value.values)
    return 0 if value is None or isinstance(value, VariableNode | NullValueNode) else 1


def _argument(node: FieldNode, name: str) -> ValueNode | None:
    return next((each.value for each in node.arguments or () if each.name.value == name), None)
