"""Selections: which fields an operation asks of a type, with fragments opened and equal keys merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

_MAX_KEY: Final = 63  # PostgreSQL cuts longer names, and response keys are names of columns in our statements


class Unplannable(Exception):
    """The fast engine has no SQL for something; its text names the field."""


@dataclass(frozen=True, slots=True)
class Document:
    """A validated document with the variables that decide on `@skip` and `@include`."""

    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: Mapping[str, Any]

    def fields_of(self, gtype: GraphQLObjectType, nodes: Iterable[FieldNode]) -> dict[str, list[FieldNode]]:
        """The fields under `nodes` that apply to `gtype`, by response key, in the order of the document."""
        found: dict[str, list[FieldNode]] = {}
        # A fragment counts once for all the nodes: merged fields that spread it again and again, level by
        # level, would otherwise double with each level.
        opened: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                self._collect(gtype, node.selection_set, found, opened)
        if not found:
            raise Unplannable(f"{gtype.name}: nothing is selected")
        return found

    def roots(
        self, gtype: GraphQLObjectType, operation: OperationDefinitionNode
    ) -> dict[str, list[FieldNode]]:
        """The root fields of an operation, by response key."""
        found: dict[str, list[FieldNode]] = {}
        self._collect(gtype, operation.selection_set, found, set())
        return found

    def _collect(
        self,
        gtype: GraphQLObjectType,
        selections: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        opened: set[str],
    ) -> None:
        for node in selections.selections:
            if self._skipped(node):
                continue
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                if len(key) > _MAX_KEY:
                    raise Unplannable(
                        f"{gtype.name}.{node.name.value}: the response key is too long for a column"
                    )
                found.setdefault(key, []).append(node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in opened:
                    continue
                opened.add(node.name.value)
                fragment = self.fragments[node.name.value]
            condition = fragment.type_condition
            if condition is None or _applies(gtype, condition.name.value):
                self._collect(gtype, fragment.selection_set, found, opened)

    def _skipped(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name in {"skip", "include"}:
                value: Any = (directive.arguments or ())[0].value
                held = self.conditions[value.name.value] if isinstance(value, VariableNode) else value.value
                if held is None:  # a default allows a nullable variable here, and then null is given
                    raise Unplannable(f"@{name}: null is an error")
                if held is (name == "skip"):
                    return True
        return False


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments that a document defines, by name."""
    return {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }


def condition_variables(document: DocumentNode) -> tuple[str, ...]:
    """The names of the variables behind `@skip` and `@include`: their values are part of a plan's key."""
    names: set[str] = set()
    waiting: list[Any] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value in {"skip", "include"} and isinstance(
                directive.arguments[0].value, VariableNode
            ):
                names.add(directive.arguments[0].value.name.value)
        selections = getattr(node, "selection_set", None)
        if selections is not None:
            waiting.extend(selections.selections)
    return tuple(sorted(names))


def _applies(gtype: GraphQLObjectType, name: str) -> bool:
    return name == gtype.name or any(interface.name == name for interface in gtype.interfaces)
