"""Domains use only shared parts of each other, and lower packages don't use domains."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "infocus_graphql"
PREFIX = "infocus_graphql.domains."
# The functions and classes in `writes` modules that other domains may use. Use cases that only their own
# domain runs are not listed.
SHARED_WRITES = {
    "audit": {"audit"},
    "catalogue": {"store_summaries", "store_translations", "untranslated"},
    "families": {"open_invitation", "revoke_invitations_of", "forbidden", "lock_family"},
    "identity.mfa": {
        "CHALLENGE_LIFETIME",
        "has_recent_step_up",
        "is_enabled",
        "record_step_up",
        "require_recent_second_factor",
        "require_recent_step_up",
    },
    "identity.sessions": {"IssuedSession", "Lifetimes", "open_session", "reject_sign_in", "revoke_sessions"},
    "identity.users": {
        "create_user",
        "end_mailed_links",
        "notify_user",
        "require_unchanged_password",
        "verify_address",
        "wrong_password",
    },
    "media": {"lock_media_item"},
    "watchlists": {"ensure_on_watchlist"},
}


def domain_of(parts: tuple[str, ...]) -> str:
    """Returns the domain of a module below `domains`."""
    return ".".join(parts[:2] if parts[0] == "identity" else parts[:1])


def foreign_writes() -> Iterator[tuple[str, str, str]]:
    """Yields user, domain and name for each use of another domain's `writes`."""
    for path in (PACKAGE / "domains").rglob("*.py"):
        parts = path.relative_to(PACKAGE / "domains").with_suffix("").parts
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(PREFIX):
                continue
            module = tuple((node.module or "").removeprefix(PREFIX).split("."))
            for each in node.names:
                domain = domain_of((*module, each.name))
                if domain == domain_of(parts) or "writes" not in (*module, each.name):
                    continue
                names = {each.name}
                if each.name == "writes":
                    names = attributes(tree, each.asname or each.name)
                yield from ((".".join(parts), domain, name) for name in names)


def attributes(tree: ast.AST, module: str) -> set[str]:
    """Returns the attributes that are used of an imported module."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module
    }


def test_domains_use_only_shared_writes_of_each_other() -> None:
    found = list(foreign_writes())
    wrong = [each for each in found if each[2] not in SHARED_WRITES.get(each[1], set())]
    assert wrong == [], "add the name to SHARED_WRITES if other domains shall use it"
    used = {(domain, name) for _, domain, name in found}
    assert {(domain, name) for domain, names in SHARED_WRITES.items() for name in names} <= used


@pytest.mark.parametrize(
    "package",
    ["core", "db", "graph", "jobs", "mail", "observability", "rate_limiting", "security", "settings"],
)
def test_lower_packages_do_not_name_modules_of_domains(package: str) -> None:
    """Not even for type checking or in strings, which import-linter doesn't detect."""
    naming = [path.name for path in (PACKAGE / package).rglob("*.py") if PREFIX in path.read_text()]
    assert naming == []
