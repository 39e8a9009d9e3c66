"""graphql-core's executor, with numbers as PostgreSQL's JSON writes them: both engines answer alike.

What a plan has answered, an `orjson.Fragment`, is complete and passes as it is.
"""

from typing import Any, Final

import orjson
from graphql import GraphQLLeafType

from infocus_graphql.graph.strawberry_internals import RESULT_ARGUMENT, ExecutionContext

_LEAST: Final = 1e-4  # smaller numbers are written with an exponent, of which there are two forms


class Executor(ExecutionContext):
    """A whole number is written without a fraction, also as a Float: `9`, where Python would write `9.0`."""

    def complete_object_value(self, *given: Any, **named: Any) -> Any:
        """The value of an object."""
        return _planned(given) or super().complete_object_value(*given, **named)

    def complete_abstract_value(self, *given: Any, **named: Any) -> Any:
        """The value of an interface or a union."""
        return _planned(given) or super().complete_abstract_value(*given, **named)

    def complete_list_value(self, *given: Any, **named: Any) -> Any:
        """The value of a list."""
        return _planned(given) or super().complete_list_value(*given, **named)

    @staticmethod
    def complete_leaf_value(return_type: GraphQLLeafType, result: Any) -> Any:
        """The value of a scalar or an enum."""
        value = ExecutionContext.complete_leaf_value(return_type, result)
        return _number(value) if type(value) is float else value


def _planned(given: tuple[Any, ...]) -> orjson.Fragment | None:
    """What a plan has answered, among the arguments of a method that completes a resolver's result."""
    result = given[RESULT_ARGUMENT]
    return result if type(result) is orjson.Fragment else None


def _number(value: float) -> Any:
    if abs(value) < _LEAST:  # 1e-05, and -0
        return orjson.Fragment(repr(value).removesuffix(".0"))
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
