"""graphql-core's executor, with numbers as PostgreSQL's JSON writes them: both engines answer alike."""

from typing import Any, Final

import orjson
from graphql import GraphQLLeafType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

_LEAST: Final = 1e-4  # smaller numbers are written with an exponent, of which there are two forms


class Executor(StrawberryGraphQLCoreExecutionContext):
    """A whole number is written without a fraction, also as a Float: `9`, where Python would write `9.0`."""

    @staticmethod
    def complete_leaf_value(return_type: GraphQLLeafType, result: Any) -> Any:
        """The value of a scalar or an enum."""
        value = StrawberryGraphQLCoreExecutionContext.complete_leaf_value(return_type, result)
        return _number(value) if type(value) is float else value


def _number(value: float) -> Any:
    if abs(value) < _LEAST:  # 1e-05, and -0
        return orjson.Fragment(repr(value).removesuffix(".0"))
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
