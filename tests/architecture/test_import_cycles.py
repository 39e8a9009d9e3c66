"""No imports form a cycle. Imports for type checking only don't count: types name each other there.

import-linter's contract compares whole packages, and exempts the GraphQL modules of the domains. These tests
have no exemption.
"""

import functools
from collections import defaultdict
from collections.abc import Callable

import grimp
import pytest

PACKAGE = "infocus_graphql"
CORE = {"models", "policy", "reads", "writes", "jobs"}
GRAPHQL = {"types", "queries", "mutations"}
Imports = dict[str, set[str]]


@functools.cache
def module_imports() -> Imports:
    """Returns the modules that each module of the package imports."""
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def grouped(imports: Imports, group_of: Callable[[str], str | None]) -> Imports:
    """Returns the imports between groups of modules. Modules without a group are left out."""
    result: Imports = defaultdict(set)
    for module, imported in imports.items():
        if group := group_of(module):
            result[group] |= {other for each in imported if (other := group_of(each)) and other != group}
    return result


def folder_with(kinds: set[str]) -> Callable[[str], str | None]:
    """Groups modules of these kinds by domain: `….domains.families.writes.members` → `families`."""

    def group_of(module: str) -> str | None:
        parts = module.removeprefix(f"{PACKAGE}.domains.").split(".")
        places = [place for place, part in enumerate(parts) if part in kinds and place]
        return ".".join(parts[: places[0]]) if places and module.startswith(f"{PACKAGE}.domains.") else None

    return group_of


def in_cycles(imports: Imports) -> set[str]:
    """Returns what is left when modules that import nothing else that is left are removed repeatedly."""
    left = {module: set(imported) for module, imported in imports.items()}
    while leaves := {module for module, imported in left.items() if not imported & left.keys()}:
        left = {module: imported for module, imported in left.items() if module not in leaves}
    return set(left)


def test_modules_form_no_cycle() -> None:
    assert len(module_imports()) > 300
    assert in_cycles(module_imports()) == set()


@pytest.mark.parametrize("kinds", [CORE, GRAPHQL], ids=["core", "graphql"])
def test_domains_form_no_cycle(kinds: set[str]) -> None:
    domains = grouped(module_imports(), folder_with(kinds))
    assert len(domains) > 10
    assert in_cycles(domains) == set()


def test_cycles_are_found() -> None:
    assert in_cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == {"a", "b", "c"}
