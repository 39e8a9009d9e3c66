"""Checks the rules of `docs/architecture.md` on code that no other tool checks."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.graph.errors import CODES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "infocus_graphql"
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in FILES}
DOMAINS = sorted(path.parent for path in (PACKAGE / "domains").rglob("models.py"))
GRAPHQL_ROOMS = ("types", "queries", "mutations")
ROOMS = {"__init__", "__pycache__", "models", "policy", "reads", "writes", "jobs", *GRAPHQL_ROOMS}


def place(path: Path) -> str:
    """Returns a file's path relative to the package."""
    return path.relative_to(PACKAGE).as_posix()


def uses(wanted: Any, *, allowed: set[str]) -> list[str]:
    """Returns the places with AST nodes for which `wanted` is true, outside of the allowed files."""
    return [
        f"{place(path)}:{getattr(node, 'lineno', 0)}"
        for path, tree in TREES.items()
        if place(path) not in allowed
        for node in ast.walk(tree)
        if wanted(node)
    ]


def test_only_one_file_commits_or_rolls_back() -> None:
    def ends(node: ast.AST) -> bool:
        called = node.func if isinstance(node, ast.Call) else None
        return isinstance(called, ast.Attribute) and called.attr in {"commit", "rollback"}

    assert uses(ends, allowed={"db/database.py"}) == []


def test_graphql_modules_never_use_a_session() -> None:
    rooms = [
        path
        for domain in DOMAINS
        for room in GRAPHQL_ROOMS
        for path in domain.rglob("*.py")
        if path.relative_to(domain).parts[0].removesuffix(".py") == room
    ]
    assert len(rooms) >= 2 * len(DOMAINS)
    others = {place(path) for path in FILES if path not in rooms}

    def touches(node: ast.AST) -> bool:
        if isinstance(node, ast.Attribute):
            by_name = isinstance(node.value, ast.Name) and node.value.id in {"work", "unit", "database"}
            return (node.attr == "session" and by_name) or node.attr in {"flush", "scalar_one", "execute"}
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            return bool(names & {"UnitOfWork", "AsyncSession"}) or node.module == "sqlalchemy.ext.asyncio"
        return False

    assert uses(touches, allowed=others) == []


def test_loaders_are_defined_in_one_file() -> None:
    def names_loader(node: ast.AST) -> bool:
        return isinstance(node, ast.ImportFrom | ast.Import) and any(
            alias.name.endswith("DataLoader") or alias.name.endswith("dataloader") for alias in node.names
        )

    assert uses(names_loader, allowed={"graph/loaders.py"}) == []


def test_only_settings_read_the_environment() -> None:
    def reads(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb", "putenv"}

    # The embedded server's programs get a copy of the environment without libpq variables.
    assert uses(reads, allowed={"db/embedded/environment.py"}) == []


def test_files_and_functions_stay_small() -> None:
    large = [
        f"{path}: {lines}"
        for path in (*FILES, *(PACKAGE.parent / "tests").rglob("*.py"))
        if (lines := len(path.read_text().splitlines())) > 400
    ]
    long = [
        f"{place(path)}: {node.name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > 80
    ]
    assert (large, long) == ([], [])


@pytest.mark.parametrize("domain", DOMAINS, ids=place)
def test_a_domain_names_its_further_files_in_its_docstring(domain: Path) -> None:
    docstring = ast.get_docstring(TREES[domain / "__init__.py"]) or ""
    further = {path.stem for path in domain.iterdir()} - ROOMS
    assert {name for name in further if f"`{name}`" not in docstring} == set()


def test_packages_in_a_domain_have_at_most_eight_files() -> None:
    packages = [path for domain in DOMAINS for path in domain.iterdir() if (path / "__init__.py").exists()]
    assert [place(path) for path in packages if len(list(path.glob("*.py"))) > 8] == []


@pytest.mark.parametrize("path", FILES, ids=place)
def test_every_module_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(TREES[path]), "the first line says what the package is for"


def test_every_error_code_is_used_and_described() -> None:
    named = re.compile(r"\bErrorCode\.([A-Z_]+)")
    described = {"core/errors.py", "graph/errors.py"}
    used = {
        code for path in FILES if place(path) not in described for code in named.findall(path.read_text())
    }
    helpers = {"NOT_FOUND"}  # used by `not_found` of core/errors.py
    assert {code.name for code in ErrorCode} == used | helpers
    assert set(CODES) == set(ErrorCode)


def test_imports_keep_their_contracts() -> None:
    # In a subprocess, because import-linter disables existing loggers.
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


TYPE_NAME_AFFIX = re.compile(
    r"(starts|ends)with\(\(?[\"'](Connection|Edge|Stats|Payload|Input|Filter|Order|Error|Page)\b"
    r"|remove(suffix|prefix)\([\"'](Connection|Edge|Stats|Payload|Input|Filter|Order|Error|Page)\b"
)
TYPE_NAME_COMPARED = re.compile(
    r"(type|kind|target|inner)\w*(\([^()]*\))?\.name(\.endswith| ==| !=| in | not in )"
)


def test_type_names_do_not_affect_behaviour() -> None:
    """Renaming a type must not change how its fields are planned or priced: its Python class decides."""
    found = [
        f"{place(path)}:{number}: {line.strip()}"
        for path in FILES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if TYPE_NAME_AFFIX.search(line) or TYPE_NAME_COMPARED.search(line)
    ]
    assert TYPE_NAME_AFFIX.search('gtype.name.endswith(("Connection", "Edge"))')
    assert TYPE_NAME_COMPARED.search('get_named_type(field).name == "DateTime"')
    assert not found, "\n".join(found)
