"""Argument bindings: for each field with arguments, the values of one request.

They have two parts. The *shape* determines the text of the statement and is part of the cache key: the
order, which filters are present, and which sort keys of a cursor are NULL. The rest are SQL parameters.
`watchlist(first: 5, filter: {ratedAtLeast: 3})` and `watchlist(first: 9, filter: {ratedAtLeast: 1})` share a
statement, whose parameters are `s0_limit` and `s0_c0`; without the filter it is another one.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from graphql import FieldNode, GraphQLError, GraphQLField, is_non_null_type
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, Integer, Text, bindparam

from infocus_graphql.db.batch_queries import ABSENT, Filters, Window, conditions_on
from infocus_graphql.db.keyset import Order, cursor_scope
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.graph.connection import conditions, window
from infocus_graphql.graph.declarations import Aggregate, Argument, Computed, Page, RootRow, ToMany, ToOne
from infocus_graphql.graph.filters import check_names, filtered
from infocus_graphql.graph.loaders import Loaders
from infocus_graphql.graph.plan.argument_coercion import FieldArguments
from infocus_graphql.graph.plan.input_conversion import Converters
from infocus_graphql.graph.plan.selection import Unplannable
from infocus_graphql.graph.strawberry_internals import StrawberryField

WithArguments = ToOne | ToMany | Page | RootRow | Computed | Aggregate


@dataclass(slots=True)
class Arguments:
    """The sources of argument values: the variables of a request, the converters, and the key of cursors."""

    variables: VariableValues
    converters: Converters
    cursor_key: str


class ArgumentSite:
    """A field with arguments in a document."""

    def __init__(
        self,
        name: str,
        declared: WithArguments,
        definition: GraphQLField,
        field: StrawberryField,
        node: FieldNode,
        scope: str,
    ) -> None:
        self._name, self._declared, self._field, self._scope = name, declared, field, scope
        self._definition, self._arguments = definition, FieldArguments(definition, node)
        # The arguments of all requests, once they are known to be valid and to depend on no variable.
        self.constant: BoundArguments | None = None

    def given(self, arguments: Arguments) -> "BoundArguments":
        """Returns the arguments of one request; if they are invalid, `error` is set.

        Raises Unplannable if they are invalid and the field can't be null.
        """
        if self.constant is not None:
            return self.constant
        try:
            found = self._meant(self.values(arguments), arguments.cursor_key)
        except GraphQLError as error:
            if is_non_null_type(self._definition.type):
                raise Unplannable(
                    f"{self._scope}: invalid arguments of a field that is never null"
                ) from error
            return BoundArguments(self._name, None, (), error)
        if self._arguments.constant:
            self.constant = found
        return found

    async def error(self, arguments: Arguments, loaders: Loaders, key: str) -> GraphQLError | None:
        """Returns the error of the arguments, unknown names in filters included; None if they are valid.

        `key` is that of the row that has the list.
        """
        found = self.given(arguments).error
        if found is None and isinstance(self._declared, Page):
            try:
                await check_names(loaders, self._declared, self.values(arguments), key)
            except GraphQLError as error:
                return error
        return found

    def values(self, arguments: Arguments) -> dict[str, object]:
        """Returns the arguments of one request as a resolver gets them."""
        values = self._arguments.values(arguments.variables)
        return arguments.converters.arguments(self._field, values)

    def _meant(self, values: dict[str, object], cursor_key: str) -> "BoundArguments":
        declared = self._declared
        if isinstance(declared, RootRow):
            return BoundArguments(self._name, None, conditions(declared.by, declared.pick(values)))
        if not isinstance(declared, Page):
            return BoundArguments(self._name, None, filtered(declared, values))
        applied = filtered(declared, values)
        return BoundArguments(self._name, window(declared, self._scope, values, cursor_key), applied)


@dataclass(slots=True)
class BoundArguments:
    """The arguments of one request at one site. Those without variables are bound once."""

    name: str
    window: Window | None
    conditions: Filters
    error: GraphQLError | None = None  # the arguments are invalid, and the field is null
    # Everything that the text of the statement depends on.
    shape: Hashable = field(init=False)
    # The values of this site's parameters, by name.
    parameters: Mapping[str, object] = field(init=False)

    def __post_init__(self) -> None:
        self.shape, self.parameters = self._shape(), self._parameters()

    def _shape(self) -> Hashable:
        if self.error is not None:
            return "wrong"
        kinds = tuple([(condition, value is ABSENT) for condition, value in self.conditions])
        part = self.window
        if part is None:
            return kinds
        return (
            kinds,
            part.order.name,
            part.order.descending,
            part.backwards,
            _nulls(part.after),
            _nulls(part.before),
        )

    def _parameters(self) -> dict[str, object]:
        found = {
            f"{self.name}_c{index}": condition.convert(value)
            for index, (condition, value) in enumerate(self.conditions)
            if value is not ABSENT
        }
        if self.window is not None:
            found[f"{self.name}_limit"] = self.window.limit
            found[f"{self.name}_scope"] = cursor_scope(self.window.order, self.window.scope)
            for end, position in (("after", self.window.after), ("before", self.window.before)):
                found |= {f"{self.name}_{end}{index}": value for index, value in enumerate(position or ())}
        return found

    def applied(self, row: MappedRow) -> list[ColumnElement[bool]]:
        """The conditions of the arguments for `row`, with parameters for their values."""
        given = [
            (condition, value if value is ABSENT else self._parameter(index))
            for index, (condition, value) in enumerate(self.conditions)
        ]
        return conditions_on(row, given)

    def values(self, arguments: Mapping[str, Argument]) -> dict[str, SqlExpression]:
        """The given arguments of a computed value, with parameters for their values."""
        names = {argument.parameter: name for name, argument in arguments.items()}
        return {
            names[parameter]: self._parameter(index) for index, (parameter, _) in enumerate(self.conditions)
        }

    def _parameter(self, index: int) -> SqlExpression:
        return bindparam(f"{self.name}_c{index}", type_=self.conditions[index][0].kind)

    def doubts(self, parent: MappedRow) -> list[ColumnElement[bool]]:
        """Conditions that each value names an existing object, such as a genre; `parent` has the list."""
        found = []
        for index, (condition, value) in enumerate(self.conditions):
            names = condition.names
            if names is not None and value is not ABSENT:
                of = parent if names.of_parent else None
                found.append(~names.missing(self._parameter(index), of).correlate(of).exists())
        return found

    @property
    def has_names_of_parent(self) -> bool:
        """Whether a value has to name an object of the row that has the list, such as a member."""
        return any(
            condition.names is not None and condition.names.of_parent and value is not ABSENT
            for condition, value in self.conditions
        )

    def scope(self) -> ColumnElement[str]:
        """The parameter for the text that is signed with the page's cursors: list, order and filter."""
        return bindparam(f"{self.name}_scope", type_=Text())

    def limit(self) -> ColumnElement[int]:
        """The parameter for the size of the page."""
        return bindparam(f"{self.name}_limit", type_=Integer())

    def position(
        self, order: Order, row: MappedRow, end: str, values: tuple[object, ...]
    ) -> list[SqlExpression | None]:
        """The parameters for the sort keys of a cursor; None where the key is NULL."""
        return [
            None if value is None else bindparam(f"{self.name}_{end}{index}", value, column.type)
            for index, ((column, _), value) in enumerate(zip(order.columns(row), values, strict=True))
        ]


NOTHING = BoundArguments("", None, ())


def _nulls(position: tuple[object, ...] | None) -> Hashable:
    return None if position is None else tuple(value is None for value in position)
