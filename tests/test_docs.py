"""The Markdown pages name only files, headings, settings, commands and GraphQL names that exist."""

import re
from pathlib import Path
from typing import Final

import pytest
import typer
from graphql import get_named_type, parse, validate

from infocus_graphql.cli.commands import app
from infocus_graphql.settings import Settings
from infocus_graphql.tables import metadata
from tests.graph.walk import CORE
from tests.support.server import Server

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A block of code, which is left out, or code within a line.
CODE: Final = re.compile(r"^```.*?^```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
# Folders that paths in the pages are relative to.
BASES: Final = (ROOT, ROOT / "infocus_graphql", ROOT / "infocus_graphql" / "domains")
CAMEL_CASE: Final = re.compile(r"[a-z]+[A-Z]\w*")
DOTTED: Final = re.compile(r"\w+(\.\w+)+")
SCHEMA_NAMES: Final = set(re.findall(r"\w+", (ROOT / "schema.graphql").read_text("utf-8")))
# Names of the HTTP protocol and of other programs.
OTHER_NAMES: Final = {
    "documentId",
    "operationName",
    "parseCreationOptionsFromJSON",
    "parseRequestOptionsFromJSON",
    "persistConfig",
    "persistedDocuments",
    "publicKey",
    "retryAfter",
    "terminationGracePeriodSeconds",
    "toJSON",
}
# These list names that the schema does not have: columns of a file, and names that were rejected.
WITH_OTHER_NAMES: Final = {"data-export.md", "0040-naming-rules-of-the-schema.md"}
TARGETS: Final = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_what_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    spans = [each for each in CODE.findall(text) if each]
    links = re.findall(r"\]\((?!https?:)([^)\s]+)\)", CODE.sub("", text))
    unknown = [link for link in links if not _leads_on(page, link)]
    unknown += [
        name for name in re.findall(r"INFOCUS_[A-Z0-9_]*[A-Z0-9]\b(?!…)", text) if not _is_setting(name)
    ]
    unknown += [
        span for span in spans if _is_path(span) and not any((base / span).exists() for base in BASES)
    ]
    unknown += [span for span in spans if _command_of(span) not in {None, True}]
    if page.name not in WITH_OTHER_NAMES:
        names = {span for span in spans if CAMEL_CASE.fullmatch(span)}
        unknown += sorted(names - SCHEMA_NAMES - OTHER_NAMES)
        unknown += [span for span in spans if not _is_in_schema(span)]
    assert not unknown, f"these don't exist: {', '.join(unknown)}"


def test_the_operations_of_the_pages_are_valid() -> None:
    blocks = [
        (page.name, each)
        for page in PAGES
        for each in re.findall(r"^```graphql\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        if each.startswith(("query", "mutation", "subscription", "{"))
    ]
    assert len(blocks) > 2
    for name, each in blocks:
        assert validate(CORE, parse(each)) == [], name


async def test_the_sql_of_the_operations_page_runs(server: Server, database_url: str) -> None:
    """`infocus` stands for the database, `…` for a user's id."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    blocks = re.findall(r"^```sql\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    statements = [each for each in "".join(blocks).split(";") if each.strip()]
    connection = await server.connect(database_url)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute("INSERT INTO users (id, email, password_hash) VALUES ('us1', 'a@x.org', 'h')")
    for statement in statements:
        await connection.execute(statement.replace("infocus", f'"{name}"').replace("…", "us1"))
    await connection.close()
    assert len(statements) > 5


def test_decisions_are_listed_and_have_three_parts() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text("utf-8")
    for page in sorted(folder.glob("0*.md")):
        title, *paragraphs = page.read_text("utf-8").split("\n\n")
        assert f"- [{title.removeprefix('# ')}]({page.name})\n" in index
        named = re.findall(r"^\*\*(Context|Decision|Consequences)\.\*\*", "\n".join(paragraphs), re.MULTILINE)
        assert named == ["Context", "Decision", "Consequences"], page.name


def test_the_architecture_page_lists_every_package() -> None:
    tree = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("```")[1]
    packages = {path.parent for path in (ROOT / "infocus_graphql").glob("*/__init__.py")}
    assert {f"{path.name}/" for path in packages if f"{path.name}/" not in tree} == set()


def test_the_changelog_has_each_section_and_entry_once() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall("^### (.+)$", text, re.MULTILINE) == [
        "Added",
        "Changed",
        "Fixed",
        "Removed",
        "Security",
    ]
    entries = [entry.split("\n\n")[0].strip() for entry in re.split("^- ", text, flags=re.MULTILINE)[1:]]
    assert sorted({entry for entry in entries if entries.count(entry) > 1}) == []


def test_the_log_events_of_the_operations_page_exist() -> None:
    table = (
        (ROOT / "docs" / "operations.md").read_text("utf-8").partition("| event | meaning |\n|---|---|\n")[2]
    )
    cells = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    events = re.findall("`([^`]+)`", " ".join(cells))
    code = "".join(path.read_text("utf-8") for path in (ROOT / "infocus_graphql").rglob("*.py"))
    assert len(events) > 5
    assert [event for event in events if f'"{event}"' not in code] == []


def _leads_on(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _is_in_schema(span: str) -> bool:
    """False for a path such as `viewer.name` or `Family.size` that does not exist in the schema.

    Columns such as `genres.id` exist in the database.
    """
    first, *rest = span.split(".")
    if first in metadata.tables and set(rest) <= set(metadata.tables[first].columns.keys()):
        return True
    start = CORE.query_type.fields.get(first)
    kind = get_named_type(start.type) if start else CORE.type_map.get(first)
    for name in rest if DOTTED.fullmatch(span) and kind is not None else ():
        members = getattr(kind, "fields", None) or getattr(kind, "values", {})
        if name not in members:
            return False
        kind = get_named_type(getattr(members[name], "type", None))
    return True


def _is_setting(name: str) -> bool:
    return name == "INFOCUS_TEST_PG_BIN" or name.removeprefix("INFOCUS_").lower() in Settings.model_fields


def _is_path(span: str) -> bool:
    """Whether this is a path below a folder of the project, and no path of a URL."""
    first, slash, _ = span.partition("/")
    if not (first and slash and re.fullmatch(r"[\w./-]+", span)) or first == ".infocus":
        return False
    return any((base / first).is_dir() for base in BASES)


def _command_of(span: str) -> bool | None:
    """Whether a command of `make` or `infocus` exists; None for anything else."""
    program, *words = span.split()
    if program == "make" and words:
        return words[0] in TARGETS
    if program != "infocus":
        return None
    command = typer.main.get_command(app)
    for word in words:
        commands = getattr(command, "commands", None)
        if not commands:
            return True
        if word not in commands:
            return False
        command = commands[word]
    return True
