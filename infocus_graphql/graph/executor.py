"""graphql-core's executor, with numbers as PostgreSQL's JSON writes them: both engines answer alike."""

from typing import Any

from graphql import GraphQLLeafType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class Executor(StrawberryGraphQLCoreExecutionContext):
    """A whole number is written without a fraction, also as a Float: `9`, where Python would write `9.0`."""

    @staticmethod
    def complete_leaf_value(return_type: GraphQLLeafType, result: Any) -> Any:
        """The value of a scalar or an enum."""
        value = StrawberryGraphQLCoreExecutionContext.complete_leaf_value(return_type, result)
        return int(value) if type(value) is float and value.is_integer() and abs(value) < 2**53 else value
