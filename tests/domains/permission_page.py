"""Prints the permission table as docs/permissions.md, or compares the two."""

import sys
from collections.abc import Sequence
from pathlib import Path

from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.graph.declarations import ACCESS, SCOPE
from infocus_graphql.graph.root import Access
from infocus_graphql.graph.strawberry_internals import strawberry_field
from tests.domains.permission_words import ACTORS, Area
from tests.domains.staff_sight import document
from tests.graph.walk import CORE

PATH = Path(__file__).parents[2] / "docs" / "permissions.md"

HEAD = """\
# Who may do what

This page is printed from the table in `tests/domains/permission_matrix.py`, of which the tests try every
cell through the API: change the table, then run `make permissions`.

The people in the columns, seen from one family:

| | |
|---|---|
| nobody | sends no access token |
| stranger | is signed in, and belongs to another family |
| invited | is signed in, and has a pending invitation to the family |
| member, admin, owner | belong to the family in that role |
| staff | may change the catalogue, and is a stranger to the family |

The words in the cells:

| word | meaning | code |
|---|---|---|
| **yes** | it is done, or shown | |
| hidden | null or left out, exactly as if it weren't there | |
"""

SCOPES = """
## API tokens

An API token may do what its person may, as far as its scopes allow, and never what takes the rights of
staff. All else is `FORBIDDEN`; what has no scope takes a session.

| scope | allows |
|---|---|"""

WORDS = {
    "UNAUTHENTICATED": ("sign in", "refused before anything is looked up; a top-level error"),
    "GRAPHQL_VALIDATION_FAILED": ("no field", "the schema has no field for it, so that nobody can even ask"),
    "NOT_FOUND": ("not found", "there is none, or it is hidden, which is answered alike"),
    "FORBIDDEN": (
        "forbidden",
        "the viewer sees it, but may not do this: another role, which the error names, another user or staff "
        "may; a top-level error where only staff may",
    ),
    "INVALID": ("invalid", "nobody can do this, or not in this way"),
    "ALREADY_EXISTS": ("exists", "it is there already; the error carries it"),
    "ALREADY_PROCESSED": ("answered", "it was answered or taken back before, for good"),
    "EXPIRED": ("expired", "its seven days are over"),
    "OWNER_CANNOT_LEAVE": ("transfer first", "a family is never without an owner"),
    "IN_USE": ("in use", "others refer to it"),
    "REQUIRED": ("say more", "something is missing that the error names, such as the password"),
}
PLAIN = {"done": "**yes**", "shown": "**yes**", "hidden": "hidden"}


def page(areas: Sequence[Area]) -> str:
    """The whole document."""
    legend = "".join(f"| {word} | {text} | `{code}` |\n" for code, (word, text) in WORDS.items())
    return HEAD + legend + "".join(_table(area) for area in areas) + document() + _scopes()


def main(areas: Sequence[Area], arguments: Sequence[str]) -> int:
    """Prints the document; with `--check` says whether the file is up to date: 1 if it isn't."""
    text = page(areas)
    if "--check" not in arguments:
        sys.stdout.write(text)
        return 0
    if PATH.exists() and PATH.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"docs/{PATH.name} differs from the table: run `make permissions`.\n")
    return 1


def _table(area: Area) -> str:
    lines = [
        f"\n## {area.title}\n",
        f"{area.text}\n",
        f"| | {' | '.join(ACTORS)} |",
        f"|---|{':-:|' * len(ACTORS)}",
        *(f"| {row.words} | {' | '.join(map(_cell, row.outcomes))} |" for row in area.actions),
    ]
    return "\n".join(lines) + "\n"


def _scopes() -> str:
    """What API tokens are good for, as the root fields declare it."""
    found: dict[ApiScope | None, list[str]] = {scope: [] for scope in (*ApiScope, None)}
    for name, core in CORE.mutation_type.fields.items():
        source = strawberry_field(core)
        if source is not None and source.metadata[ACCESS] is not Access.STAFF:
            found[source.metadata[SCOPE]].append(f"`{name}`")
    found[ApiScope.READ] = ["all queries"]
    lines = [SCOPES]
    for scope, names in found.items():
        lines.append(f"| {f'`{scope.name}`' if scope else 'none'} | {', '.join(sorted(names))} |")
    return "\n".join(lines) + "\n"


def _cell(outcome: str) -> str:
    return PLAIN.get(outcome) or WORDS[outcome][0]
