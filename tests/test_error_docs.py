"""`docs/errors.md` lists every error code."""

import importlib
import pkgutil
import re
from pathlib import Path

from graphql import parse, validate

import infocus_graphql
from infocus_graphql.core import errors
from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.graph.errors import ERROR_TYPES, type_of
from infocus_graphql.graph.limits.limits import NAMES
from infocus_graphql.graph.masking import FAULT_CODES
from infocus_graphql.graph.persisted import PROTOCOL_ERRORS
from infocus_graphql.graph.strawberry_internals import object_definition
from infocus_graphql.tmdb import errors as tmdb_errors
from tests.graph.walk import CORE

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/errors.md").read_text()
RAISED = re.compile(r'(?:coded_error|_error|HttpError|errors_body)\(\s*(?:\d+,\s*)?"([A-Z_]{4,})"')


def test_every_code_of_a_payload_is_listed_with_its_type() -> None:
    kind = ""
    found: dict[str, str] = {}
    for line in TEXT.partition("## Top-level errors")[0].splitlines():
        if line.startswith("| "):
            cells = [each.strip() for each in line.split("|")]
            kind = cells[1].strip("`") or kind
            found |= dict.fromkeys(re.findall("`([A-Z_]+)`", cells[2]), kind)
    names = {each: object_definition(each).name for each in ERROR_TYPES}
    assert found == {code.value: names[type_of(code)] for code in ErrorCode}


def test_every_top_level_code_is_listed() -> None:
    raised = {
        code for path in (ROOT / "infocus_graphql").rglob("*.py") for code in RAISED.findall(path.read_text())
    }
    assert len(raised) > 15
    listed = set(re.findall("`([A-Z_]+)`", TEXT.partition("## Top-level errors")[2]))
    assert raised | set(NAMES.values()) | FAULT_CODES | set(PROTOCOL_ERRORS) | {"BAD_USER_INPUT"} <= listed


def test_the_operations_in_the_documents_are_valid() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    found = [
        block
        for path in documents
        for block in re.findall(r"^```graphql\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
    ]
    assert found
    assert [(block, validate(CORE, parse(block))) for block in found if validate(CORE, parse(block))] == []


def drawn(docstring: str | None, root: str) -> dict[str, str]:
    """The classes of a tree in a docstring, each with its parent."""
    found: dict[str, str] = {}
    parents = [root]
    for node in re.finditer(r"^ {4}([ │]*)[├└]── (\w+)", docstring or "", re.MULTILINE):
        depth = len(node[1]) // 4
        parents[depth + 1 :] = [node[2]]
        found[node[2]] = parents[depth]
    return found


def test_the_tree_of_error_classes_is_complete() -> None:
    """`core/errors.py` draws every public exception class of the package below its parent."""
    for module in pkgutil.walk_packages(infocus_graphql.__path__, "infocus_graphql."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    tree = drawn(errors.__doc__, "Exception") | drawn(tmdb_errors.__doc__, "TmdbError")
    defined: dict[str, str] = {}
    waiting: list[type[BaseException]] = [Exception]
    while waiting:
        parent = waiting.pop()
        for each in parent.__subclasses__():
            waiting.append(each)
            if each.__module__.startswith("infocus_graphql.") and not each.__name__.startswith("_"):
                defined[each.__name__] = parent.__name__
    foreign = {"GraphQLError", "RuntimeError", "TypeError", "ValueError"}
    assert {name: parent for name, parent in tree.items() if name not in foreign} == defined
    assert foreign <= set(tree)


def test_the_codes_in_the_tree_of_error_classes_are_documented() -> None:
    codes = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", errors.__doc__ or ""))
    assert codes
    assert codes <= set(re.findall(r"`([A-Z_]+)`", TEXT))
