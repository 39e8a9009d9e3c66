"""Random queries that change a little at a time, to search for the most expensive one below the limits."""

import random
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

_DEPTH: Final = 11
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 100, 100)
_CURSORS: Final = {"after", "before", "first", "last"}
_TEXTS: Final = ("e", "the", "zzz", "%")


@dataclass
class Selected:
    """A field with its arguments as text, and its selection."""

    name: str
    gtype: Any  # the type that has the field
    arguments: dict[str, str] = field(default_factory=dict)
    children: list["Selected"] = field(default_factory=list)
    on: str | None = None  # inside an inline fragment on this type

    def __deepcopy__(self, memo: dict[int, Any]) -> "Selected":
        """Returns a deep copy that shares the types of the schema."""
        children = [deepcopy(child, memo) for child in self.children]
        return Selected(self.name, self.gtype, dict(self.arguments), children, self.on)

    def text(self, alias: str | None = None) -> str:
        """Returns the field as in a document; duplicate fields get aliases."""
        given = ", ".join(f"{name}: {value}" for name, value in self.arguments.items())
        found = (f"{alias}: " if alias else "") + self.name + (f"({given})" if given else "")
        if self.children:
            found += f" {{ {texts(self.children)} }}"
        return found if self.on is None else f"... on {self.on} {{ {found} }}"

    def all(self) -> Iterator["Selected"]:
        """Yields this field and all fields below it."""
        yield self
        for child in self.children:
            yield from child.all()


def texts(selected: Sequence[Selected]) -> str:
    """Returns a selection; duplicate fields get aliases."""
    names: dict[str, int] = {}
    found = []
    for each in selected:
        count = names[each.name] = names.get(each.name, 0) + 1
        found.append(each.text(f"{each.name}{count}" if count > 1 or each.on else None))
    return " ".join(found)


class Mutator:
    """Generates and mutates queries. `ids` are the ids to use, by type name."""

    def __init__(self, schema: GraphQLSchema, ids: Mapping[str, Sequence[str]], seed: int) -> None:
        self.random = random.Random(seed)
        self._schema, self._ids = schema, ids

    def query(self) -> list[Selected]:
        """Returns a new query."""
        return [self._root() for _ in range(self.random.choice([1, 1, 2]))]

    def changed(self, query: list[Selected], others: Sequence[list[Selected]]) -> list[Selected]:
        """Returns the query with a few changes, some taken from other queries."""
        found = deepcopy(query)
        for _ in range(self.random.choice([1, 1, 2, 4])):
            self._change(found, others)
        return found or self.query()

    def smaller(self, query: list[Selected]) -> list[Selected]:
        """Returns the query with some fields removed."""
        found = deepcopy(query)
        every = [each for root in found for each in root.all()]
        sized = [each for each in every if each.arguments.get("first", "1") != "1"]
        if sized and self._chance(0.6):
            node = self.random.choice(sized)
            node.arguments["first"] = str(max(1, int(node.arguments["first"]) * 2 // 3))
        else:
            self._remove(found, every)
        return found or self.query()

    def _change(self, query: list[Selected], others: Sequence[list[Selected]]) -> None:
        every = [each for root in query for each in root.all()]
        inner = [each for each in every if each.children]
        roll = self.random.random()
        node = self.random.choice(inner)
        if roll < 0.3:
            self._add(node)
        elif roll < 0.5:
            siblings = node.children
            siblings.append(deepcopy(self.random.choice(siblings)))
        elif roll < 0.6:
            query.append(deepcopy(self.random.choice(query)) if self._chance(0.5) else self._root())
        elif roll < 0.75:
            self._remove(query, every)
        elif roll < 0.9:
            given = self.random.choice(every)
            given.arguments = self._arguments(given.gtype.fields[given.name])
        elif others:
            taken = [each for root in self.random.choice(others) for each in root.all() if each.children]
            same = [each for each in taken if self._target(each) is self._target(node)]
            if same:
                node.children += deepcopy(self.random.choice(same).children)

    def _remove(self, query: list[Selected], every: list[Selected]) -> None:
        holders = [each for each in every if len(each.children) > 1]
        if len(query) > 1 and (not holders or self._chance(0.3)):
            query.remove(self.random.choice(query))
        elif holders:
            holder = self.random.choice(holders)
            holder.children.remove(self.random.choice(holder.children))

    def _root(self) -> Selected:
        roots: Any = self._schema.query_type
        name = self.random.choice(["viewer", "viewer", "viewer", "family", "discoverMedia", "node", "nodes"])
        return self._made(roots, name, _DEPTH)

    def _made(self, gtype: Any, name: str, depth: int) -> Selected:
        definition = gtype.fields[name]
        found = Selected(name, gtype, self._arguments(definition))
        if not is_leaf_type(get_named_type(definition.type)):
            for _ in range(self.random.choice([1, 1, 2, 3])):
                self._add(found, depth - 1)
            if not found.children:
                found.children.append(self._leaf(get_named_type(definition.type)))
        return found

    def _add(self, node: Selected, depth: int | None = None) -> None:
        target = self._target(node)
        left = self.random.choice([1, 3, 6]) if depth is None else depth
        if isinstance(target, GraphQLInterfaceType):
            kinds = sorted(self._schema.get_possible_types(target), key=lambda kind: kind.name)
            kind = self.random.choice([each for each in kinds if each.name in self._ids] or kinds)
            inner = self._one_of(kind, left)
            inner.on = kind.name
            node.children.append(inner)
        elif target.name.endswith("Connection") and self._chance(0.7):
            node.children.append(self._made(target, self.random.choice(["nodes", "edges", "nodes"]), left))
        else:
            node.children.append(self._one_of(target, left))

    def _one_of(self, target: GraphQLObjectType, depth: int) -> Selected:
        names = list(target.fields)
        deeper = [
            name for name in names if not is_leaf_type(get_named_type(target.fields[name].type)) and depth > 0
        ]
        leaves = [name for name in names if is_leaf_type(get_named_type(target.fields[name].type))]
        chosen = self.random.choice(
            deeper if deeper and (self._chance(0.6) or not leaves) else leaves or names
        )
        return self._made(target, chosen, depth)

    def _leaf(self, target: Any) -> Selected:
        return Selected("__typename", _Typename)

    def _target(self, node: Selected) -> Any:
        return get_named_type(node.gtype.fields[node.name].type)

    def _arguments(self, definition: GraphQLField) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, argument in definition.args.items():
            if isinstance(argument.type, GraphQLNonNull) or (name not in _CURSORS and self._chance(0.3)):
                found[name] = self._value(argument.type, name, definition)
        if "first" in definition.args and self._chance(0.8):
            found["first"] = str(self.random.choice(_SIZES))
        return {name: value for name, value in found.items() if value}

    def _value(self, kind: Any, name: str, definition: GraphQLField) -> str:
        inner: Any = get_named_type(kind)
        value = self._scalar(inner, name, definition)
        return f"[{value}]" if "[" in str(kind) and value else value

    def _scalar(self, inner: Any, name: str, definition: GraphQLField) -> str:
        if isinstance(inner, GraphQLEnumType):
            return str(self.random.choice(list(inner.values)))
        if hasattr(inner, "fields"):
            names = list(inner.fields)
            chosen = (
                [self.random.choice(names)]
                if inner.is_one_of
                else [
                    each
                    for each in names
                    if self._chance(0.5) or isinstance(inner.fields[each].type, GraphQLNonNull)
                ]
            )
            given = {each: self._value(inner.fields[each].type, each, definition) for each in chosen}
            return "{" + ", ".join(f"{key}: {value}" for key, value in given.items() if value) + "}"
        return {
            "String": f'"{self.random.choice(_TEXTS)}"',
            "Int": str(self.random.choice([1, 5])),
            "Float": "5.5",
            "Boolean": "true",
            "CountryCode": '"DE"',
            "Date": '"2001-01-01"',
            "DateTime": '"2001-01-01T00:00:00Z"',
            "ID": self._id(name, definition),
        }.get(inner.name, "")

    def _id(self, name: str, definition: GraphQLField) -> str:
        target = get_named_type(definition.type).name
        wanted = {"familyId": "Family", "memberIds": "User"}.get(name, target)
        known = self._ids.get(wanted) or [each for ids in self._ids.values() for each in ids]
        if name == "ids":
            return ", ".join(
                f'"{self.random.choice(known)}"' for _ in range(self.random.choice([1, 20, 100]))
            )
        return f'"{self.random.choice(known)}"'

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability


class _Typename:
    """A definition of `__typename`, which every type has implicitly."""

    fields: Final = {"__typename": GraphQLField(GraphQLNonNull(GraphQLObjectType("Any", {})))}
