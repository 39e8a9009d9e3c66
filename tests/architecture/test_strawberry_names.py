"""Names that Strawberry does not document are used in one file, so that an upgrade is one file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWNER = ROOT / "infocus_graphql/graph/strawberry_internals.py"
PRIVATE = re.compile(
    r"\bschema\._schema\b|_raw_info\b|DEFINITION_BACKREF|wrapped_func|__strawberry_definition__"
    r"|StrawberryGraphQLCoreExecutionContext|get_object_definition"
)
# Modules that Strawberry's documentation imports from.
DOCUMENTED = {
    "strawberry",
    "strawberry.asgi",
    "strawberry.dataloader",
    "strawberry.directive",
    "strawberry.extensions",
    "strawberry.permission",
    "strawberry.relay",
    "strawberry.schema.config",
}
IMPORT = re.compile(r"^\s*(?:from|import) (strawberry(?:\.\w+)*)\b", re.MULTILINE)


def python_files() -> Iterator[Path]:
    for folder in ("infocus_graphql", "tests", "benchmarks"):
        yield from (ROOT / folder).rglob("*.py")


@pytest.mark.parametrize(("text", "private"), [("info._raw_info", True), ("self._schema", False)])
def test_private_names_are_recognised(text: str, private: bool) -> None:
    assert (PRIVATE.search(text) is not None) is private


def test_private_names_of_strawberry_are_in_one_file() -> None:
    found = []
    for path in python_files():
        if path in {OWNER, Path(__file__)}:
            continue
        text = path.read_text()
        names = [match[0] for match in PRIVATE.finditer(text)]
        names += [module for module in IMPORT.findall(text) if module not in DOCUMENTED]
        found += [f"{path.relative_to(ROOT)}: {name}" for name in names]
    assert found == [], f"use {OWNER.relative_to(ROOT)}"
