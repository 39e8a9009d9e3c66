"""Generates random valid operations with all features of GraphQL documents."""

import json
import random
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from tests.plan.operations import CORE, Node, Operation, Value, literal

ROOTS = ["viewer", "family", "mediaItem", "discoverMedia", "node", "node", "node", "nodes"]
PAGE_ARGUMENTS = {"first", "last", "after", "before"}
TEXTS = ["a", "Title", "%", "_", "\\", "'", '"', "é", "\U0001f3ac", "", "x\ty", "$1", "Known 1"]
SCALARS: dict[str, list[Any]] = {
    "Int": [0, 1, 2, 5, 1001, 1002, 2**31 - 1, -1],
    "Float": [0, 5.5, 6, 1e-7, -0.0, 1e300, 10],
    "Boolean": [True, False],
    "Date": ["1999-10-15", "2001-01-01", "0002-01-01"] * 7 + ["2001-02-30"],
    "DateTime": ["2026-01-31T20:15:00.25+01:00", "1999-01-01T00:00:00Z"] * 10 + ["soon"],
    "LanguageTag": ["de", "de-AT", "fr", "en"],
    "CountryCode": ["DE"] * 30 + ["US", "FR"],
    "String": ["Drama", *TEXTS],
}
# Names used in the generated SQL, SQL keywords, and other unusual names.
ALIASES = ["anon_1", "select", "cursor", "place", "item0", "more", "id", "Title", "_", "order", "node", "row"]


class Author:
    """Generates operations. `ids` are the ids to use, by type name; `cursors` are collected from results."""

    def __init__(self, seed: int, ids: Mapping[str, list[str]]) -> None:
        self.random = random.Random(seed)
        self._ids = ids
        self._cursors: dict[str, list[str]] = {}
        self._numbers = iter(range(10**9))
        self._fragments: dict[str, Node] = {}
        self._left = 0

    def operation(self) -> Operation:
        """Returns the next operation."""
        while True:
            self._fragments = {}
            self._left = self.random.choice([6, 15, 40, 80])
            roots = [self._root() for _ in range(self.random.choice([1, 1, 1, 2, 3]))]
            if self._chance(0.1):
                roots.append(Node("__typename", self._alias([])))
            if self._chance(0.04):
                roots.append(Node("serverInfo", children=[Node("registration"), Node("version")]))
            operation = Operation(roots, self._fragments)
            if operation.valid:
                return operation

    def learn(self, operation: Operation, data: Any) -> None:
        """Collects the cursors in a result."""
        for node in operation.roots:
            self._learn(operation, node, data)

    def _learn(self, operation: Operation, node: Node, data: Any) -> None:
        if isinstance(data, list):
            for item in data:
                self._learn(operation, node, item)
            return
        if not isinstance(data, dict):
            return
        children = (operation.fragments[node.fragment] if node.fragment else node).children or []
        inner = data.get(node.key) if node.name else data
        if node.place:
            texts = []
            for part in children:
                found = inner.get(part.key) if isinstance(inner, dict) and part.name else None
                for item in found if isinstance(found, list) else [found]:
                    keys = [each.key for each in part.children or [] if "ursor" in (each.name or "")]
                    texts += [item[key] for key in keys if isinstance(item, dict) and item.get(key)]
            self._cursors.setdefault(node.place, [])[:0] = texts
            del self._cursors[node.place][30:]
        for child in children:
            self._learn(operation, child, inner)

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _root(self) -> Node:
        name = self.random.choice(ROOTS)
        return self._field(CORE.query_type, name, 0, alias=f"r{next(self._numbers)}")

    def _field(self, parent: Any, name: str, depth: int, *, alias: str | None = None) -> Node:
        self._left -= 1
        definition = CORE.query_type.fields[name] if parent is CORE.query_type else parent.fields[name]
        node = Node(name, alias)
        node.arguments = self._arguments(definition, f"{parent.name}.{name}", node, depth)
        if node.arguments and alias is None:
            node.alias = f"x{next(self._numbers)}"
        target = get_named_type(definition.type)
        if not is_leaf_type(target):
            node.children = self._selection(target, depth + 1)
        if self._chance(0.06):
            node.directives.append(self._condition())
        return node

    def _selection(self, target: Any, depth: int) -> list[Node]:
        found: list[Node] = []
        if isinstance(target, GraphQLInterfaceType):
            return self._of_interface(target, depth)
        names = list(target.fields)
        wanted = self.random.choice([1, 2, 3, 5, 8])
        if target.name.endswith("Edge"):
            wanted = 2
        if target.name.endswith("Connection"):  # cursors are used in later operations
            names = [*names, "edges", "pageInfo", "pageInfo"]
        for name in self.random.choices(names, k=wanted):
            leaf = is_leaf_type(get_named_type(target.fields[name].type))
            if not leaf and (depth >= 7 or self._left <= 0):
                continue
            node = self._field(target, name, depth, alias=self._alias(names))
            found.append(node)
            if not leaf and self._chance(0.1):  # the same field again with another selection
                again = deepcopy(node)
                again.children = self._selection(get_named_type(target.fields[name].type), depth + 1)
                again.directives = []
                found.append(again)
        if not found or self._chance(0.15):
            found.append(Node("__typename", self._alias([])))
        return self._wrapped(target, found, depth)

    def _of_interface(self, target: Any, depth: int) -> list[Node]:
        found = [Node(self.random.choice(["id", "__typename"]))]
        if self._chance(0.1):
            found = []  # rows of other types then have an empty selection
        kinds = sorted(CORE.get_possible_types(target), key=lambda kind: kind.name)
        for kind in self.random.sample(kinds, k=self.random.choice([1, 2, 4, 8])):
            found.append(Node(on=kind.name, children=self._selection(kind, depth + 1)))
        if self._chance(0.2):
            found.append(Node(on="Node", children=[Node("id", self._alias([]))]))
        self.random.shuffle(found)
        return found

    def _wrapped(self, target: GraphQLObjectType, nodes: list[Node], depth: int) -> list[Node]:
        """Moves parts of a selection into fragments."""
        if self._chance(0.2):
            at = self.random.randrange(len(nodes))
            on = self.random.choice([None, target.name])
            inner = Node(on=on, children=nodes[at:])
            if self._chance(0.3):
                inner.directives.append(self._condition())
            nodes = [*nodes[:at], inner]
        if self._chance(0.15):
            name = f"F{next(self._numbers)}"
            at = self.random.randrange(len(nodes))
            self._fragments[name] = Node(on=target.name, children=nodes[at:])
            spread = Node(fragment=name)
            nodes = [*nodes[:at], spread, *([Node(fragment=name)] if self._chance(0.2) else [])]
        elif self._fragments and self._chance(0.2):
            name = self.random.choice(list(self._fragments))
            if self._fragments[name].on == target.name:
                nodes.append(Node(fragment=name))
        if any(interface.name == "Node" for interface in target.interfaces) and self._chance(0.05):
            nodes.append(Node(on="Node", children=[Node("id"), Node("__typename")]))
        self.random.shuffle(nodes)
        return nodes

    def _alias(self, names: list[str]) -> str | None:
        roll = self.random.random()
        if roll < 0.75:
            return None
        if roll < 0.78 and names:
            return self.random.choice(names)
        if roll < 0.82:
            return self.random.choice(ALIASES)
        if roll < 0.821:
            return f"a{next(self._numbers)}_" + "y" * self.random.choice([54, 60, 70, 150])
        return f"a{next(self._numbers)}"

    def _condition(self) -> tuple[str, Value]:
        name, kind = self.random.choice(["skip", "include"]), CORE.type_map["Boolean"]
        value = Value(GraphQLNonNull(kind), self._chance(0.3) == (name == "skip"))
        if self._chance(0.5):
            value.variable = f"v{next(self._numbers)}"
            if self._chance(0.3):
                value.kind, value.default = kind, self.random.choice(["true", "false"])
                value.given = self._chance(0.5)
                if self._chance(0.1):
                    value.value, value.given = None, True
        return name, value

    def _arguments(self, definition: GraphQLField, place: str, node: Node, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name, argument in definition.args.items():
            required = isinstance(argument.type, GraphQLNonNull)
            if name not in PAGE_ARGUMENTS and (required or self._chance(0.25)):
                found[name] = self._value(argument.type, name, definition)
        if "first" not in definition.args:
            return found
        order = found.get("orderBy")
        node.place = place + (json.dumps(order.value, default=str) if order else "")
        roll = self.random.random()
        size = self.random.choice([1, 1, 2, 2, 3, 5, 20, *([0, 101, None, -1] if self._chance(0.05) else [])])
        whole = CORE.type_map["Int"]
        if roll < 0.65 or depth > 2:
            found["first"] = self._given(Value(whole, size))
        elif roll < 0.9:
            found["last"] = self._given(Value(whole, size))
        if self._chance(0.02):
            found["last"] = self._given(Value(whole, 2))
        for end in ("after", "before"):
            if self._chance(0.35):
                known: list[Any] = self._cursors.get(node.place) or [None]
                if self._chance(0.02):
                    known = ["", "bm8", "é", *(text for each in self._cursors.values() for text in each)]
                found[end] = self._given(Value(CORE.type_map["String"], self.random.choice(known)))
        return found

    def _value(self, kind: Any, name: str, definition: GraphQLField) -> Value:
        return self._given(Value(kind, self._made(kind, name, definition)))

    def _given(self, value: Value) -> Value:
        """Returns the value as a literal or as a variable, with or without a default."""
        if self._chance(0.5) or (isinstance(value.value, dict) and self._chance(0.3)):
            return value
        value.variable = f"v{next(self._numbers)}"
        if self._chance(0.2):
            value.default = literal(value.value, value.kind)
            value.given = self._chance(0.5)
            if self._chance(0.3) and not isinstance(value.kind, GraphQLNonNull):
                value.value, value.given = None, True
        return value

    def _made(self, kind: Any, name: str, definition: GraphQLField) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._made(kind.of_type, name, definition)
        if self._chance(0.05) and name not in {"id", "ref", "ids", "tmdb", "type"}:
            return None
        if isinstance(kind, GraphQLList):
            size = self.random.choice([0, 1, 1, 2, 3, 8])
            found = (self._made(kind.of_type, name, definition) for _ in range(size))
            return [item for item in found if item is not None]
        if isinstance(kind, GraphQLInputObjectType):
            names = list(kind.fields)
            chosen = [self.random.choice(names)] if kind.is_one_of else names
            some = kind.is_one_of or name == "tmdb"
            return {each: self._input(kind, each, definition) for each in chosen if some or self._chance(0.3)}
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        return self._scalar(kind.name, name, definition)

    def _input(self, kind: GraphQLInputObjectType, name: str, definition: GraphQLField) -> Any:
        made = self._made(kind.fields[name].type, name, definition)
        if made is None and isinstance(kind.fields[name].type, GraphQLNonNull):
            return next(iter(get_named_type(kind.fields[name].type).values))
        return made

    def _scalar(self, kind: str, name: str, definition: GraphQLField) -> Any:
        return self._id(name, definition) if kind == "ID" else self.random.choice(SCALARS[kind])

    def _id(self, name: str, definition: GraphQLField) -> str:
        wanted = {"familyId": "Family", "userIds": "User"}.get(name)
        target = get_named_type(definition.type)
        if wanted is None and self._chance(0.9) and target.name in self._ids:
            wanted = target.name
        if self._chance(0.05):
            return self.random.choice(["", "x", "us" + "0" * 25, "zz" + "0" * 25, "US" + "0" * 25, "5"])
        return self.random.choice(self._ids[wanted or self.random.choice(sorted(self._ids))])
