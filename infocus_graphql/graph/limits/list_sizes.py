"""The number of rows that a field may return, and that it has to read to find them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    EnumValueNode,
    FieldNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)

from infocus_graphql.graph.list_lengths import LARGEST_PAGE, MAX_PAGE, Length, Reading

_PAGE: Final = ("first", "last")
_CURSORS: Final = ("after", "before")
_ORDER: Final = "orderBy"
_SORT: Final = "field"
_SEARCH: Final = "query"


@dataclass(frozen=True, slots=True)
class Size:
    """The number of rows of a page or list; `otherwise` if no variable gives a number."""

    variables: tuple[str, ...] = ()
    least: int = 0  # of a literal beside the variables
    otherwise: int = 0
    length: Length | None = None
    by_length: bool = False  # a list without pages: its length is its size
    maximum: int = MAX_PAGE

    def of(self, values: Mapping[str, object], lengths: Mapping[str, int]) -> int:
        """The size. A value out of range counts as the nearest valid one; it is rejected later."""
        if self.by_length and self.length is not None:
            return self.length.of(lengths)
        requested = self.requested(values)
        return requested if self.length is None else min(requested, lengths.get(self.length.name, requested))

    def requested(self, values: Mapping[str, object]) -> int:
        """The size in the arguments, whatever the length of the list."""
        if not self.variables:
            return self.least or self.otherwise
        given = [
            size for name in self.variables if (size := size_of(values.get(name), self.maximum)) is not None
        ]
        return max([self.least, *given]) if given else self.least or self.otherwise


@dataclass(frozen=True, slots=True)
class Reads:
    """The cost of the rows that a page or a count reads."""

    reading: Reading
    filtered: bool
    searched: bool  # by a text, literal or not
    filters: tuple[str, ...]  # variables that filter when they have a value
    unsorted: bool  # by a literal: the order has no index
    order: str | None  # the variable of the order
    count: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that it depends on."""
        return (*self.filters, *(() if self.order is None else (self.order,)))

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing, whatever the variables are: the page is read from an index."""
        return not self.variables and self.rate({}) == 0

    def of(self, values: Mapping[str, object], lengths: Mapping[str, int]) -> int:
        """The units of cost."""
        rate = self.rate(values)
        return int(self.reading.length.of(lengths) * rate) if rate else 0

    def rate(self, values: Mapping[str, object]) -> float:
        """The units of cost for each row of the list."""
        reading = self.reading
        found = max(reading.always, reading.counted) if self.count else reading.always
        given = [value for name in self.filters if (value := values.get(name)) is not None]
        if reading.searched is not None and (self.searched or any(map(_searches, given))):
            found += reading.searched
        elif self.filtered or given:
            found += reading.filtered
        if not self.count and (self.unsorted or self._sorted_by(values)):
            found += reading.sorted
        return found

    def _sorted_by(self, values: Mapping[str, object]) -> bool:
        value, indexed = (None if self.order is None else values.get(self.order)), self.reading.indexed
        if value is None or indexed is None:
            return False
        sort = value.get(_SORT) if isinstance(value, dict) else ""
        # An invalid value, such as a list, is refused later. It may be unhashable.
        return sort is not None and not (isinstance(sort, str) and sort in indexed)


def size_of(value: object, maximum: int) -> int | None:
    """The size given by a variable's value. Nothing else of the value affects the cost."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 1 if isinstance(value, str) else None  # a single id is coerced to a list of one
    return min(max(value, 0), maximum)


def mark_of(value: object) -> object:
    """The part of a variable's value that affects the cost: a size, a filter or an order."""
    if isinstance(value, dict):
        sort = value.get(_SORT)
        return sort if isinstance(sort, str) else ("{}", _searches(value))
    return ("size", size_of(value, LARGEST_PAGE), value is None)


def page_size(node: FieldNode, default: int, length: Length | None, maximum: int = MAX_PAGE) -> Size:
    """The number of rows of a page."""
    return _size([argument(node, name) for name in _PAGE], default, length, maximum)


def list_size(node: FieldNode, name: str) -> Size:
    """The number of rows of a field that takes a list of ids."""
    return _size([argument(node, name)], 0, None)


def reads_of(node: FieldNode, reading: Reading, *, count: bool = False) -> Reads:
    """The rows that a page of the list, or a count of it, reads."""
    given = [
        (each.name.value, each.value)
        for each in node.arguments or ()
        if each.name.value not in {*_PAGE, *_CURSORS, _ORDER} and not isinstance(each.value, NullValueNode)
    ]
    filters = tuple(value.name.value for _, value in given if isinstance(value, VariableNode))
    order = argument(node, _ORDER)
    return Reads(
        reading,
        filtered=len(given) > len(filters),
        searched=any(_searches(value) for _, value in given),
        filters=filters,
        unsorted=_has_no_index(order, reading.indexed),
        order=order.name.value if isinstance(order, VariableNode) else None,
        count=count,
    )


def _searches(value: object) -> bool:
    """Whether a filter, in the document or in a variable, has a text to search for."""
    if isinstance(value, ObjectValueNode):
        texts = [each.value for each in value.fields if each.name.value == _SEARCH]
        return any(not isinstance(text, NullValueNode) for text in texts)
    return isinstance(value, Mapping) and value.get(_SEARCH) is not None


def source_of(node: FieldNode, size: Size) -> str:
    """The source of the size of a page or list, for an error message."""
    for name in (*_PAGE, "ids"):
        value = argument(node, name)
        if isinstance(value, VariableNode):
            return f"variable ${value.name.value}"
        if value is not None and not isinstance(value, NullValueNode):
            return f"argument {name}"
    return "declared bound" if size.by_length else "default"


def argument(node: FieldNode, name: str) -> ValueNode | None:
    """The value node of an argument; None if it is absent."""
    return next((each.value for each in node.arguments or () if each.name.value == name), None)


def _has_no_index(order: ValueNode | None, indexed: Iterable[str] | None) -> bool:
    if indexed is None or not isinstance(order, ObjectValueNode):
        return False
    sort = next((each.value for each in order.fields if each.name.value == _SORT), None)
    if sort is None:
        return False  # the default order
    return not isinstance(sort, EnumValueNode) or sort.value not in indexed


def _size(
    given: list[ValueNode | None], otherwise: int, length: Length | None, maximum: int = MAX_PAGE
) -> Size:
    literal = max((_literal(value, maximum) for value in given), default=0)
    names = tuple(value.name.value for value in given if isinstance(value, VariableNode))
    return Size(names, literal, otherwise, length, maximum=maximum)


def _literal(value: ValueNode | None, maximum: int) -> int:
    if isinstance(value, IntValueNode):
        # Only short literals are converted: converting thousands of digits is slow.
        return min(max(int(value.value), 0), maximum) if len(value.value) <= len(str(maximum)) else maximum
    if isinstance(value, ListValueNode):
        return len(value.values)
    return 0 if value is None or isinstance(value, VariableNode | NullValueNode) else 1
