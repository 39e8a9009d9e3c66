"""Operations as trees that can be printed and reduced."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    parse,
    specified_rules,
    validate,
)

from infocus_graphql.graph.strawberry_internals import core_schema
from infocus_graphql.schema import schema

CORE = core_schema(schema)


@dataclass
class Value:
    """The value of an argument, as a literal or variable."""

    kind: Any
    value: Any
    variable: str | None = None
    default: str | None = None
    given: bool = True

    def __deepcopy__(self, memo: Any) -> "Value":
        """Returns itself: values are immutable and reference types of the schema."""
        return self

    def text(self) -> str:
        """How it is written in the document."""
        return f"${self.variable}" if self.variable else literal(self.value, self.kind)


@dataclass
class Node:
    """A field (with a name), an inline fragment (with or without a type), or a fragment spread."""

    name: str | None = None
    alias: str | None = None
    arguments: dict[str, Value] = field(default_factory=dict)
    directives: list[tuple[str, Value]] = field(default_factory=list)
    children: "list[Node] | None" = None
    on: str | None = None
    fragment: str | None = None
    place: str = ""  # of a connection: the list to which its cursors belong

    @property
    def key(self) -> str:
        """The response key of the field."""
        return self.alias or self.name or ""

    def text(self) -> str:
        """How it is written in the document."""
        head = f"...{self.fragment or ''}" if self.name is None else self.name
        if self.alias:
            head = f"{self.alias}: {head}"
        if self.on:
            head += f" on {self.on}"
        if self.arguments:
            head += "(" + ", ".join(f"{name}: {value.text()}" for name, value in self.arguments.items()) + ")"
        for name, value in self.directives:
            head += f" @{name}(if: {value.text()})"
        if self.children is None or self.fragment:
            return head
        return head + " { " + " ".join(child.text() for child in self.children) + " }"


@dataclass
class Operation:
    """A query with fragments and variable values."""

    roots: list[Node]
    fragments: dict[str, Node] = field(default_factory=dict)

    def nodes(self) -> Iterator[Node]:
        """Yields all nodes in use."""
        waiting, opened = list(self.roots), set()
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children or []
            if node.fragment and node.fragment not in opened:
                opened.add(node.fragment)
                waiting.append(self.fragments[node.fragment])

    def values(self) -> list[Value]:
        """Returns the variables in use."""
        found = [value for node in self.nodes() for value in node.arguments.values()]
        found += [value for node in self.nodes() for _, value in node.directives]
        return list({value.variable: value for value in found if value.variable}.values())

    @property
    def query(self) -> str:
        """Returns the document."""
        used = {node.fragment for node in self.nodes() if node.fragment}
        texts = []
        declared = []
        for value in self.values():
            default = f" = {value.default}" if value.default is not None else ""
            declared.append(f"${value.variable}: {value.kind}{default}")
        head = f"query ({', '.join(declared)}) " if declared else ""
        texts.append(head + "{ " + " ".join(node.text() for node in self.roots) + " }")
        for name, body in self.fragments.items():
            if name in used:
                inner = " ".join(child.text() for child in body.children or [])
                texts.append(f"fragment {name} on {body.on} {{ {inner} }}")
        return "\n".join(texts)

    @property
    def variables(self) -> dict[str, Any]:
        """Returns the values of the variables."""
        return {value.variable: value.value for value in self.values() if value.given and value.variable}

    @property
    def valid(self) -> bool:
        """Whether the document passes validation."""
        return not validate(CORE, parse(self.query, max_tokens=10_000), specified_rules, max_errors=1)

    def smaller(self) -> "Iterator[Operation]":
        """Yields copies with one element removed."""
        for index, node in enumerate(self._all()):
            for change in range(len(node.children or []) + len(node.arguments) + len(node.directives) + 1):
                copy = deepcopy(self)
                _shrink(copy._all()[index], change)
                yield copy
        for index in range(len(self.roots) if len(self.roots) > 1 else 0):
            copy = deepcopy(self)
            del copy.roots[index]
            yield copy

    def _all(self) -> list[Node]:
        return list(self.nodes())


def _shrink(node: Node, change: int) -> None:
    children = node.children or []
    if change < len(children):
        if len(children) > 1:
            del children[change]
        elif children[0].name is None and children[0].children:
            node.children = children[0].children
    elif change < len(children) + len(node.arguments):
        del node.arguments[list(node.arguments)[change - len(children)]]
    elif change < len(children) + len(node.arguments) + len(node.directives):
        del node.directives[change - len(children) - len(node.arguments)]
    else:
        node.alias = None


def literal(value: Any, kind: Any) -> str:
    """Returns a value as a GraphQL literal."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(value, Value):
        return value.text()
    if value is None:
        return "null"
    if isinstance(value, list):
        inner = kind.of_type if isinstance(kind, GraphQLList) else kind
        return "[" + ", ".join(literal(item, inner) for item in value) + "]"
    if isinstance(value, dict):
        fields = kind.fields
        return (
            "{" + ", ".join(f"{key}: {literal(item, fields[key].type)}" for key, item in value.items()) + "}"
        )
    return str(value) if isinstance(kind, GraphQLEnumType) else json.dumps(value)
