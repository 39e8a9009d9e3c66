"""Docstrings and comments are plain technical English: they contain no phrase that `PHRASES` lists.

`DIRECTORIES` lists the checked files. Add a directory once its text has no such phrase. Code in backticks is not
checked, such as the name of the user `nobody`.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The phrase, as a regular expression, and what to write instead.
PHRASES = {
    r"somebody|whoever|nobody|anybody|everybody": "a noun: user, viewer, client, caller, process",
    r"told|tell|tells|telling": "returns, logs, notifies, says or distinguishes",
    r"comes? round": "recurs; names the schedule",
    r"who (is|are|has|have|asks?|takes?|comes?|makes?|wants?) (?:not |too )?\w+ (is|are|gets?|has|have) ": "a noun",
    r"what is (asked|wanted|known|told|meant)": "the noun: the query, the request, the facts",
    r"(is|are|was|were) asked (of|for|by)|asks? (the database|for the schema)": "queries, requests",
    r"mend|mends|mended": "fix, repair, help",
    r"farewell|sign of life": "the protocol's term",
    r"of no more use|good for nothing|no good|is good for|are good for": "invalid, unusable, valid for",
    r"gives? back|given back|gave back": "returns, releases, refunds",
    r"come what may|in plain words|in its turn|as it came": "nothing",
    r"(the|an|no|its|their) answers?": "response, result or reply",
}

DIRECTORIES = (
    "infocus_graphql/*.py",
    "infocus_graphql/admin",
    "infocus_graphql/cli",
    "infocus_graphql/core",
    "infocus_graphql/db",
    "infocus_graphql/http",
    "infocus_graphql/jobs",
    "infocus_graphql/mail",
    "infocus_graphql/observability",
    "infocus_graphql/rate_limiting",
    "infocus_graphql/security",
    "infocus_graphql/server",
    "infocus_graphql/settings",
    "migrations",
)

_PHRASE = re.compile(rf"\b(?:{'|'.join(f'(?:{each})' for each in PHRASES)})\b", re.IGNORECASE)
_CODE = re.compile(r"`[^`]*`")


def test_docstrings_and_comments_are_plain_english() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {phrase}"
        for place in DIRECTORIES
        for file in _files(place)
        for line, text in _prose(file)
        for phrase in _PHRASE.findall(_CODE.sub("", text)) and [_CODE.sub("", text).strip()]
    ]
    assert found == [], "write " + "; ".join(f"for {each!r}: {words}" for each, words in PHRASES.items())


def _files(place: str) -> Iterator[Path]:
    folder = ROOT / place
    found = sorted(folder.rglob("*.py") if folder.is_dir() else ROOT.glob(place))
    assert found, f"{place} has no files"
    yield from found


def _prose(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of docstrings and comments, with their numbers."""
    source = file.read_text("utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                yield from enumerate(node.value.value.splitlines(), node.lineno)
