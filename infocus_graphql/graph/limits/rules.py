"""The rules that documents are validated by: GraphQL's own, Strawberry's, and ours."""

import math
import re
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FloatValueNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    ValidationContext,
    ValuesOfCorrectTypeRule,
    specified_rules,
    validate,
)

from infocus_graphql.graph.error_locations import PlacedValuesRule
from infocus_graphql.graph.strawberry_internals import MaybeNullValidationRule, OneOfInputValidationRule

# Enough for some hundred fields of the same name; the rule's own bound lets it take a second.
_COMPARISONS: Final = 4_000
_MAX_ERRORS: Final = 20
UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs


class StorableRule(ASTValidationRule):
    """Literals that PostgreSQL can hold: its text has no NUL, its JSON no infinity."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        """Reports a text with a NUL."""
        if UNSTORABLE.search(node.value):
            self._report("A text can't contain NUL.", node)

    def enter_float_value(self, node: FloatValueNode, *_: Any) -> None:
        """Reports a number beyond all bounds."""
        if not math.isfinite(float(node.value)):
            self._report("The number is too large.", node)

    def _report(self, message: str, node: Node) -> None:
        self.report_error(GraphQLError(message, node, extensions={"code": "BAD_USER_INPUT"}))


class OverlapRule(OverlappingFieldsCanBeMergedRule):
    """GraphQL's rule about fields of the same name, which gives up sooner on floods of them."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = _COMPARISONS


_OURS: Final[dict[type[ASTValidationRule], type[ASTValidationRule]]] = {
    OverlappingFieldsCanBeMergedRule: OverlapRule,
    ValuesOfCorrectTypeRule: PlacedValuesRule,
}
_RULES: Final = (
    *(_OURS.get(each, each) for each in specified_rules),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
    StorableRule,
)


def validation_errors(
    schema: GraphQLSchema, document: DocumentNode, *, suggestions: bool
) -> list[GraphQLError]:
    """What is wrong with a document, the first faults of many; with "Did you mean" if wanted."""
    found = validate(schema, document, _RULES, _MAX_ERRORS, hide_suggestions=not suggestions)
    if not suggestions:
        for error in found:  # one of them is made nevertheless, about missing braces
            error.message = error.message.partition(" Did you mean ")[0]
    return found
