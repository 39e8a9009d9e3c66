"""Docstrings, comments and documents are plain technical English, without the phrases that `PHRASES` lists.

`PLACES` lists the checked Python files and directories, `DOCUMENTS` the other files. Code in backticks is not
checked, such as the user `nobody`.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Regular expressions of the phrases, and what to write instead.
PHRASES = {
    r"somebody|whoever|nobody|anybody|everybody": "a noun: user, viewer, client, caller, process",
    r"told|tell|tells|telling": "returns, logs, notifies, says or distinguishes",
    r"comes? round": "is scheduled, recurs",
    r"what (is|are|was|were) (asked|wanted|known|told|meant)": "a noun: the query, the request, the facts",
    r"(is|are|was|were) asked|asks? the (database|schema)": "is requested, queries",
    r"mend|mends|mended": "fix, repair, help",
    r"farewell|sign of life": "the protocol's term",
    r"of no more use|good for nothing|no good|(is|are) good for": "invalid, unusable, valid for",
    r"gives? back|given back|gave back": "returns, releases, refunds",
    r"come what may|in plain words|in its turn": "nothing",
    r"answers?": "response, result or reply",
}
_PHRASE = re.compile(rf"\b(?:{'|'.join(f'(?:{each})' for each in PHRASES)})\b", re.IGNORECASE)
_CODE = re.compile(r"`[^`]*`")
_CODE_BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)

PLACES = (
    "*.py",
    "benchmarks",
    "infocus_graphql",
    "migrations",
    "tests",
    "tools",
    "web/*.py",
)
DOCUMENTS = (
    "*.md",
    "docs/**/*.md",
    "Makefile",
    ".ci/run",
    ".importlinter",
    "infocus_graphql/examples/*.graphql",
    "web/src/*",
    "web/vite/*",
)


def test_docstrings_and_comments_are_plain_english() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {match.group()!r} in {line.strip()!r}"
        for place in PLACES
        for file in _files(place)
        for number, line in _prose(file)
        for match in _PHRASE.finditer(_CODE.sub("", line))
    ]
    assert not found, "\n".join([*found, "", *(f"{each} → {words}" for each, words in PHRASES.items())])


def test_documents_are_plain_english() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match.group()!r} in {line.strip()!r}"
        for pattern in DOCUMENTS
        for file in sorted(ROOT.glob(pattern))
        for line in _CODE.sub("", _CODE_BLOCK.sub("", file.read_text("utf-8"))).splitlines()
        for match in _PHRASE.finditer(line)
    ]
    assert not found, "\n".join(found)


def _files(place: str) -> list[Path]:
    folder = ROOT / place
    files = sorted(folder.rglob("*.py") if folder.is_dir() else ROOT.glob(place))
    assert files, f"{place} has no files"
    return files


def _prose(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of comments and docstrings, with their numbers."""
    source = file.read_text("utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                yield from enumerate(node.value.value.splitlines(), node.lineno)
