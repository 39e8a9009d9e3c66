"""Descriptions and error messages are plain technical English.

A phrase of `BANNED` is vague (`somebody`), or names a thing by another word than the rest of the schema
(`person` for user, `answer` for result, `makes` for creates).
"""

import ast
import re
from collections.abc import Iterator
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_introspection_type,
)

from tests.architecture.test_code import TREES, place
from tests.graph.walk import CORE

BANNED: Final = re.compile(
    r"\b(who(m|se)?ever|whatever|wherever|somebody|someone|anybody|everybody|nobody|persons?|people"
    r"|tells?|told|who is|who has|what is there|is gone|no more|for good|comes? round|answers?|answered"
    r"|makes (a|an|new|the)\b(?! viewer)|made|gives?|gave|got|goes|went|mends?|your own|yours|oneself"
    r"|may (see|read|do|change)|the mail|a mail|is at hand|asked for|to do)\b",
    re.IGNORECASE,
)
# Functions whose string arguments are messages.
MESSAGES: Final = {"refused", "forbidden", "coded_error", "bad_input", "Refusal", "Refused", "GraphQLError"}


def described() -> Iterator[tuple[str, str]]:
    """All descriptions with the coordinate of what they describe."""
    for kind in CORE.type_map.values():
        if is_introspection_type(kind):
            continue
        yield kind.name, kind.description or ""
        if isinstance(kind, GraphQLEnumType):
            yield from (
                (f"{kind.name}.{name}", value.description or "") for name, value in kind.values.items()
            )
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description or ""
                for argument, core in getattr(field, "args", {}).items():
                    yield f"{kind.name}.{name}({argument}:)", core.description or ""


def messages() -> Iterator[tuple[str, str]]:
    """All literal texts of errors for clients, with their places."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                texts = node.args if name in MESSAGES else []
            elif isinstance(node, ast.Assign):
                texts = [node.value] if getattr(node.targets[0], "id", "") == "message" else []
            else:
                continue
            for part in (each for text in texts for each in ast.walk(text)):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value:
                    yield f"{place(path)}:{part.lineno}", part.value


def test_descriptions_have_no_vague_phrases() -> None:
    found = [f"{where}: {text}" for where, text in described() if BANNED.search(text)]
    assert found == []


def test_messages_have_no_vague_phrases() -> None:
    texts = list(messages())
    assert len(texts) > 50
    assert [f"{where}: {text}" for where, text in texts if BANNED.search(text)] == []


def test_descriptions_are_sentences() -> None:
    scalars = {"ID", "Int", "Float", "String", "Boolean"}
    wrong = [
        (where, text)
        for where, text in described()
        if where not in scalars and not re.fullmatch(r"[A-Z`1-9].*\.", text, re.DOTALL)
    ]
    assert wrong == []


def test_inputs_and_payloads_name_their_mutation() -> None:
    for name, field in CORE.mutation_type.fields.items():
        payload: Any = get_named_type(field.type)
        given: Any = get_named_type(field.args["input"].type)
        assert payload.description.startswith(f"Result of `{name}`"), payload.name
        assert given.description.startswith(f"Input of `{name}`"), given.name
