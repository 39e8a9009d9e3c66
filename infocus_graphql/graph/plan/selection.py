"""Selections: the fields of a type in an operation, with fragments expanded and equal keys merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

SiteKey: TypeAlias = tuple[int, str]
"""A field in a document: the id of its first node, and the name of the type that the field is selected on."""


class Unplannable(Exception):
    """A field can't be planned and its resolver runs instead; the text names the field and the reason."""


@dataclass(frozen=True, slots=True)
class Document:
    """A validated document with the variables that decide on `@skip` and `@include`."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: Mapping[str, bool | None]

    def fields_of(self, gtype: GraphQLObjectType, nodes: Iterable[FieldNode]) -> dict[str, list[FieldNode]]:
        """The fields under `nodes` that apply to `gtype`, by response key, in the order of the document.

        Empty when every field is skipped, or is in a fragment on another type: the object is then `{}`.
        """
        found: dict[str, list[FieldNode]] = {}
        # A fragment counts once for all the nodes: merged fields that spread it again and again, level by
        # level, would otherwise double with each level.
        opened: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                self._collect(gtype, node.selection_set, found, opened)
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
                found.setdefault((node.alias or node.name).value, []).append(node)
                continue
            fragment: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in opened:
                    continue
                opened.add(node.name.value)
                fragment = self.fragments[node.name.value]
            condition = fragment.type_condition
            if condition is None or self._applies(gtype, condition.name.value):
                self._collect(gtype, fragment.selection_set, found, opened)

    def _skipped(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name in {"skip", "include"}:
                value: Any = (directive.arguments or ())[0].value
                held = self.conditions[value.name.value] if isinstance(value, VariableNode) else value.value
                if held is (name == "skip"):
                    return True
        return False

    def _applies(self, gtype: GraphQLObjectType, condition: str) -> bool:
        if condition == gtype.name:
            return True
        abstract = self.schema.type_map[condition]
        return is_abstract_type(abstract) and self.schema.is_sub_type(abstract, gtype)


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
