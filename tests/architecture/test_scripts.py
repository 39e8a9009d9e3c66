"""The GraphQL operations in the scripts of pages, explorer and client tests are valid on the schema."""

import re
from pathlib import Path
from typing import Final

import pytest
from graphql import KnownDirectivesRule, parse, specified_rules, validate

from tests.graph.walk import CORE

ROOT: Final = Path(__file__).parents[2]
SCRIPTS: Final = sorted(
    path
    for folder in ("infocus_graphql/static/pages", "web/src", "tests/clients")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".js", ".jsx", ".mjs"} and "node_modules" not in path.parts
)
DOCUMENT: Final = re.compile(
    r"[`'](?P<text>\s*(?:query|mutation|\{)\s*\w*\s*(?:\([^`']*?\))?\s*\{[^`']*)[`']"
)


# Relay's compiler has directives of its own.
RULES: Final = [rule for rule in specified_rules if rule is not KnownDirectivesRule]


def operations(script: Path) -> list[str]:
    """The documents in a script, but for those that are put together when it runs."""
    found = [match["text"] for match in DOCUMENT.finditer(script.read_text("utf-8"))]
    return [text for text in found if "${" not in text]


def test_operations_are_found() -> None:
    assert {script.name for script in SCRIPTS if operations(script)} >= {"pages.js", "session.js"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_operations_in_scripts_are_valid(script: Path) -> None:
    for text in operations(script):
        assert validate(CORE, parse(text), RULES) == [], text
