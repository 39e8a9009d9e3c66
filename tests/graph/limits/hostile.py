"""Expensive documents with the error code that rejects them, or None if they are permitted."""

from collections.abc import Callable, Iterable
from typing import Final

PARSE, VALIDATION = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"


def repeated(make: Callable[[int], str], times: int) -> str:
    """Joins the texts for 0, 1, 2, …"""
    return " ".join(make(number) for number in range(times))


def fragments(make: Callable[[int], str], levels: int) -> str:
    """Returns a query with a chain of fragments, each of which spreads the next one."""
    steps = repeated(lambda level: f"fragment F{level} on User {{ {make(level + 1)} }}", levels)
    return f"{{ viewer {{ user {{ ...F0 }} }} }} {steps} fragment F{levels} on User {{ id }}"


def dense(names: Callable[[int], Iterable[int]], count: int) -> str:
    """Returns a query with fragments that each spread many others."""
    return "{ viewer { user { ...F0 } } } " + repeated(
        lambda level: f"fragment F{level} on User {{ id {repeated(lambda n: f'...F{n}', count)} }}", count
    )


DOCUMENTS: Final[dict[str, tuple[str, str | None]]] = {
    "characters": ("{ viewer { email } }" + " " * 50_000, "CHARACTER_LIMIT_EXCEEDED"),
    "blanks": ("{ viewer { email }" + " " * 49_900, "GRAPHQL_PARSE_FAILED"),
    "a text without an end": ('{ family(id: "' + "a" * 49_900, "GRAPHQL_PARSE_FAILED"),
    "tokens": ("{" + " viewer { email }" * 600 + "}", "TOKEN_LIMIT_EXCEEDED"),
    "aliases": (
        "{ serverInfo {" + repeated(lambda n: f"a{n}: version", 600) + "} }",
        "ALIAS_LIMIT_EXCEEDED",
    ),
    "aliases that conflict": (
        "{ serverInfo {" + repeated(lambda n: f"a: {'version' if n % 2 else 'registration'}", 600) + "} }",
        "ALIAS_LIMIT_EXCEEDED",
    ),
    "root fields": ("{" + repeated(lambda n: f"a{n}: __typename", 600) + "}", "ROOT_FIELD_LIMIT_EXCEEDED"),
    "root fields that conflict": (
        "{" + repeated(lambda n: f"discoverMedia(first: {n}) {{ totalCount }}", 200) + "}",
        "ROOT_FIELD_LIMIT_EXCEEDED",
    ),
    "unknown root fields": ("{" + repeated(lambda n: f"vieweq{n}", 1900) + "}", "ROOT_FIELD_LIMIT_EXCEEDED"),
    "sign-ins at once": (
        "mutation {"
        + repeated(lambda n: f'm{n}: signIn(input: {{email: "a", password: "{n}"}}) {{ accessToken }}', 90)
        + "}",
        "ROOT_FIELD_LIMIT_EXCEEDED",
    ),
    "root fields in fragments": (
        "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...C ...C } "
        "fragment C on Query { " + repeated(lambda n: f"a{n}: __typename", 6) + " }",
        "ROOT_FIELD_LIMIT_EXCEEDED",
    ),
    "directives": ("{ serverInfo { version" + " @skip(if: false)" * 250 + "} }", "DIRECTIVE_LIMIT_EXCEEDED"),
    "unknown directives": ("{ serverInfo { version" + " @x" * 900 + "} }", "DIRECTIVE_LIMIT_EXCEEDED"),
    "directives of variables": (
        "query (" + repeated(lambda n: f"$v{n}: Int @x", 60) + ") { __typename }",
        "DIRECTIVE_LIMIT_EXCEEDED",
    ),
    "depth": (
        "{ viewer { user {" + "profile { user {" * 10 + "id" + "}}" * 10 + "}} }",
        "DEPTH_LIMIT_EXCEEDED",
    ),
    "depth of pages": (
        "{ viewer {"
        + "families { nodes { createdBy { memberships: familiesCreated { nodes {" * 3
        + "id"
        + "}}}}}" * 3
        + "} }",
        "DEPTH_LIMIT_EXCEEDED",
    ),
    "depth in fragments": (
        fragments(lambda n: f"profile {{ user {{ ...F{n} }} }}", 120),
        "DEPTH_LIMIT_EXCEEDED",
    ),
    "deeper than can be parsed": (
        "{ viewer { user" + "{ profile { user" * 240 + "{ id }" + "}}" * 240 + "}}",
        PARSE,
    ),
    "lists in lists": (
        "{ discoverMedia(filter: {genres:" + "[" * 900 + "]" * 900 + "}) { totalCount } }",
        PARSE,
    ),
    "braces in braces": ("{ viewer {" + "... {" * 480 + "email" + "}" * 480 + "} }", PARSE),
    "introspection in circles": (
        "{ __schema { types {" + "fields { type {" * 20 + "name" + "}}" * 20 + "} } }",
        VALIDATION,
    ),
    "one field again and again": ("{ serverInfo {" + " version" * 1900 + "} }", "REPETITION_LIMIT_EXCEEDED"),
    "levels again and again": (
        "{ viewer {" + " user { profile { user { profile { user { id } } } } }" * 110 + "} }",
        "REPETITION_LIMIT_EXCEEDED",
    ),
    "fragments of one field": (
        "{ viewer {"
        + repeated(lambda n: f"...F{n}", 110)
        + "} }"
        + repeated(lambda n: f"fragment F{n} on Viewer {{ email }}", 110),
        VALIDATION,
    ),
    "many objects": (
        "{ viewer {"
        + repeated(lambda n: f"...F{n}", 120)
        + "} }"
        + repeated(lambda n: f"fragment F{n} on Viewer {{ user {{ id }} }}", 120),
        "OBJECT_LIMIT_EXCEEDED",
    ),
    "doubling fragments": (fragments(lambda n: f"...F{n} ...F{n}", 60), None),
    "doubling fragments with levels": (
        fragments(lambda n: f"profile {{ user {{ ...F{n} }} }} profile {{ user {{ ...F{n} }} }}", 3),
        None,
    ),
    "doubling fragments with aliases": (
        fragments(lambda n: f"a: profile {{ user {{ ...F{n} }} }} b: profile {{ user {{ ...F{n} }} }}", 40),
        "ALIAS_LIMIT_EXCEEDED",
    ),
    "fragments in a circle": (
        "{ viewer { user { ...F0 } } } "
        + repeated(lambda n: f"fragment F{n} on User {{ ...F{(n + 1) % 100} id }}", 100),
        VALIDATION,
    ),
    "fragments that all spread all": (dense(lambda _: range(24), 24), VALIDATION),
    "unknown fragments": ("{ viewer {" + repeated(lambda n: f"...X{n}", 600) + "} }", VALIDATION),
    "unknown types": (repeated(lambda n: f"fragment F{n} on Usex{n} {{ id }}", 240), VALIDATION),
    "unused variables": ("query (" + repeated(lambda n: f"$a{n}: Int", 480) + ") { __typename }", VALIDATION),
    "operations": (repeated(lambda n: f"query A{n} {{ __typename }}", 380), "OPERATION_LIMIT_EXCEEDED"),
}
