"""The validation rules: those of the GraphQL specification, of Strawberry, and our own."""

import math
import re
from collections.abc import Sequence
from typing import Any, Final

from graphql import (
    ArgumentNode,
    ASTValidationRule,
    DocumentNode,
    FloatValueNode,
    GraphQLError,
    GraphQLSchema,
    ObjectFieldNode,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    ValidationContext,
    ValidationRule,
    ValueNode,
    ValuesOfCorrectTypeRule,
    specified_rules,
    validate,
)

from infocus_graphql.graph.error_locations import OneOfVariablesRule, PlacedValuesRule
from infocus_graphql.graph.strawberry_internals import MaybeNullValidationRule

# Enough for some hundred fields of the same name; the rule's own bound lets it take a second.
_COMPARISONS: Final = 4_000
_MAX_ERRORS: Final = 20
UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs


class StorableRule(ValidationRule):
    """Rejects literals that PostgreSQL can't store: text with NUL, and infinity in JSON."""

    def enter_string_value(
        self, node: StringValueNode, key: object, parent: object, path: list[object], ancestors: list[object]
    ) -> None:
        """Reports a text with a NUL."""
        if UNSTORABLE.search(node.value):
            self._report(node, path, [*ancestors, parent], "contains NUL or half of a surrogate pair.")

    def enter_float_value(
        self, node: FloatValueNode, key: object, parent: object, path: list[object], ancestors: list[object]
    ) -> None:
        """Reports a number beyond all bounds inside of JSON, whose values have no types."""
        if self.context.get_input_type() is None and not math.isfinite(float(node.value)):
            self._report(node, path, [*ancestors, parent], "must be a finite number.")

    def _report(self, node: ValueNode, path: list[object], parents: list[Any], problem: str) -> None:
        names = _argument_path(path, parents)
        extensions: dict[str, object] = {"code": "BAD_USER_INPUT"}
        if names:
            extensions["argument"] = names
        subject = f"`{'.'.join(names)}`" if names else "The value"
        self.report_error(GraphQLError(f"{subject} {problem}", node, extensions=extensions))


def _argument_path(path: Sequence[object], parents: Sequence[Any]) -> list[str]:
    """The path of a literal, from the name of its argument; `parents` are the nodes on `path`.

    Empty for a literal that is not in an argument, such as a variable's default.
    """
    names: list[str] = []
    for key, each in zip(path, parents, strict=True):
        if isinstance(each, ArgumentNode):
            names = [each.name.value]
        elif isinstance(each, ObjectFieldNode) and names:
            names.append(each.name.value)
        elif isinstance(key, int) and names and isinstance(each[key], ValueNode):
            names.append(str(key))
    return names


class OverlapRule(OverlappingFieldsCanBeMergedRule):
    """The rule about fields with the same response key, with a lower limit of comparisons."""

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
    OneOfVariablesRule,
    StorableRule,
)


def validation_errors(
    schema: GraphQLSchema, document: DocumentNode, *, suggestions: bool
) -> list[GraphQLError]:
    """Validates a document. Returns the first errors, with "Did you mean" if `suggestions` is true."""
    found = validate(schema, document, _RULES, _MAX_ERRORS, hide_suggestions=not suggestions)
    if not suggestions:
        for error in found:  # graphql-core ignores the option for missing braces
            error.message = error.message.partition(" Did you mean ")[0]
    return found
