"""graphql-core's executor, with numbers formatted as in PostgreSQL's JSON, so that both engines agree.

Results of plans are complete JSON (`orjson.Fragment`) and are passed through.
"""

from typing import Any, Final, TypeAlias

import orjson
from graphql import GraphQLLeafType

from infocus_graphql.graph.strawberry_internals import RESULT_ARGUMENT, ExecutionContext

_LEAST: Final = 1e-4  # smaller numbers have an exponent, which Python and PostgreSQL format differently

CompletedValue: TypeAlias = Any
"""An argument or the result of graphql-core's methods that complete a resolver's result."""


class Executor(ExecutionContext):
    """Formats whole Floats without a fraction, `9` instead of Python's `9.0`."""

    def complete_object_value(self, *given: CompletedValue, **named: CompletedValue) -> CompletedValue:
        """Completes the value of an object type."""
        return _planned(given) or super().complete_object_value(*given, **named)

    def complete_abstract_value(self, *given: CompletedValue, **named: CompletedValue) -> CompletedValue:
        """Completes the value of an interface or a union."""
        return _planned(given) or super().complete_abstract_value(*given, **named)

    def complete_list_value(self, *given: CompletedValue, **named: CompletedValue) -> CompletedValue:
        """Completes the value of a list."""
        return _planned(given) or super().complete_list_value(*given, **named)

    @staticmethod
    def complete_leaf_value(return_type: GraphQLLeafType, result: object) -> CompletedValue:
        """Completes the value of a scalar or an enum."""
        value = ExecutionContext.complete_leaf_value(return_type, result)
        return _number(value) if type(value) is float else value


def _planned(given: tuple[object, ...]) -> orjson.Fragment | None:
    """Returns the result argument of a `complete_*_value` method if a plan produced it, else None."""
    result = given[RESULT_ARGUMENT]
    return result if type(result) is orjson.Fragment else None


def _number(value: float) -> CompletedValue:
    if abs(value) < _LEAST:  # 1e-05, and -0
        return orjson.Fragment(repr(value).removesuffix(".0"))
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
