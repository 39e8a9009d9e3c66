"""`docs/errors.md` lists every error code."""

import re
from pathlib import Path

from graphql import parse, validate

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.graph.errors import ERROR_TYPES, type_of
from infocus_graphql.graph.limits.limits import NAMES
from infocus_graphql.graph.masking import FAULT_CODES
from infocus_graphql.graph.persisted import PROTOCOL_ERRORS
from infocus_graphql.graph.strawberry_internals import object_definition
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
