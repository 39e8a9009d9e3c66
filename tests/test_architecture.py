"""The rules of `docs/architecture.md` that no other tool holds in place: the shape of schema and code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNonNull, is_specified_scalar_type
from sqlalchemy import Column as SchemaColumn
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db import batch_queries as batches
from infocus_graphql.db.base import Base
from infocus_graphql.db.visibility import models_without_predicate
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor
from infocus_graphql.domains.identity.passkeys.models import PasskeyChallenge
from infocus_graphql.domains.media.models import Spelling
from infocus_graphql.domains.privacy.models import DataExportPart, FamilySuccession
from infocus_graphql.domains.registration.models import EmailToken
from infocus_graphql.domains.requests.models import IdempotencyRecord, PersistedDocument
from infocus_graphql.graph.connection import Orders
from infocus_graphql.graph.declarations import ACCESS
from infocus_graphql.graph.errors import CODES
from infocus_graphql.graph.fields import (
    Aggregate,
    Column,
    Computed,
    Page,
    Private,
    ToMany,
    ToOne,
    column,
    privacy_flags,
    private,
)
from infocus_graphql.graph.node import ROW_TYPES, model_of
from infocus_graphql.graph.root import Access, mutation, query
from infocus_graphql.graph.strawberry_internals import strawberry_field
from tests.graph.walk import CORE, MODELS, OBJECTS, Field, fields, is_node, row_fields

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "infocus_graphql"
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text()) for path in FILES}
DOMAINS = sorted(path.parent for path in (PACKAGE / "domains").rglob("models.py"))
GRAPHQL_ROOMS = ("types", "queries", "mutations")
ROOMS = {"__init__", "__pycache__", "models", "policy", "reads", "writes", "jobs", *GRAPHQL_ROOMS}
ROOT_FIELDS = [*fields(CORE.query_type), *fields(CORE.mutation_type)]
MAPPED: list[Any] = [each.class_ for each in Base.registry.mappers if "infocus" in each.class_.__module__]
# What is only worked with inside; nobody sees a row of it.
INNER = {
    EmailToken,
    SecondFactor,
    BackupCode,
    PasskeyChallenge,
    DataExportPart,
    FamilySuccession,
    IdempotencyRecord,
    PersistedDocument,
    Spelling,
}
SECRETS = {
    attribute.key
    for model in MAPPED
    for attribute in model.__mapper__.column_attrs
    if "secret" in privacy_flags(getattr(model, attribute.key))
}


def place(path: Path) -> str:
    """A file's path from the root of the package."""
    return path.relative_to(PACKAGE).as_posix()


def uses(wanted: Any, *, allowed: set[str]) -> list[str]:
    """Where the code has a node that `wanted` tells, outside the files that may."""
    return [
        f"{place(path)}:{getattr(node, 'lineno', 0)}"
        for path, tree in TREES.items()
        if place(path) not in allowed
        for node in ast.walk(tree)
        if wanted(node)
    ]


# --- the schema ---


@pytest.mark.parametrize("field", ROOT_FIELDS, ids=str)
def test_every_root_field_says_who_may_use_it(field: Field) -> None:
    source = strawberry_field(field.core)
    assert source is not None
    assert isinstance(source.metadata.get(ACCESS), Access)


def test_a_root_field_without_access_or_description_does_not_even_load() -> None:
    async def silent(info: Any) -> int:
        return 1

    with pytest.raises(TypeError):
        query()  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError):
        mutation()  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match="docstring"):
        query(access=Access.ANYONE)(silent)


def described() -> Iterator[tuple[str, str | None]]:
    """Everything that wants a description, with the one it has."""
    yield "schema", CORE.description
    for name, kind in CORE.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(kind):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{key}", value.description) for key, value in kind.values.items())
        for key, field in getattr(kind, "fields", {}).items():
            yield f"{name}.{key}", field.description
            for argument, definition in getattr(field, "args", {}).items():
                yield f"{name}.{key}({argument})", definition.description


def test_everything_in_the_schema_is_described_in_a_sentence() -> None:
    sentence = re.compile(r"[A-Z0-9`].*[.`]", re.DOTALL)
    assert [name for name, text in described() if not text or not sentence.fullmatch(text)] == []


def test_every_mutation_has_one_input_and_one_payload_of_its_own() -> None:
    for name, core in CORE.mutation_type.fields.items():
        stem = name[0].upper() + name[1:]
        assert list(core.args) == ["input"], name
        given = core.args["input"].type
        given = given.of_type if isinstance(given, GraphQLNonNull) else given
        payload = core.type.of_type if isinstance(core.type, GraphQLNonNull) else None
        assert payload is not None, f"{name} gives a payload, always"
        assert (given.name, payload.name) == (f"{stem}Input", f"{stem}Payload")
        assert str(payload.fields["errors"].type) == "[UserError!]!", name
        # Null where the mutation was refused; a list is empty then, and a flag tells nothing but itself.
        required = [key for key, field in payload.fields.items() if isinstance(field.type, GraphQLNonNull)]
        assert set(required) <= {"errors", "recommendations", "ok"}, name


INNER_INPUTS = {"OwnedFamilyInput"}  # used inside the inputs of mutations


def test_inputs_and_payloads_belong_to_a_single_mutation() -> None:
    stems = {name[0].upper() + name[1:] for name in CORE.mutation_type.fields}
    for kind in CORE.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            assert kind.name.endswith(("Input", "Filter", "Order", "Ref")), kind
            if kind.name.endswith("Input") and kind.name not in INNER_INPUTS:
                assert kind.name.removesuffix("Input") in stems
        if kind.name.endswith("Payload"):
            assert kind.name.removesuffix("Payload") in stems


def test_every_row_type_with_an_id_of_its_own_is_a_node() -> None:
    tags: dict[str, Any] = {}
    for model in MAPPED:
        key = model.__mapper__.primary_key[0]
        if isinstance(key, SchemaColumn) and "tag" in key.info:
            tag = key.info["tag"]
            assert tag not in tags, f"{model} and {tags.get(tag)} have the same kind of ids"
            tags[tag] = model
            if model in INNER:
                assert model_of(tag + "0" * 25) is None
                continue
            assert model_of(tag + "0" * 25) is model
            assert any(is_node(name) for name, shown in MODELS.items() if shown is model), model
    assert len(tags) == 19
    assert {name for name in MODELS if not is_node(name)} == {
        "Viewer",
        "AccountDeletion",
        "FamilyTitle",
        "Suggestion",
        "Admin",
        "Account",
        "FailedJob",
    }


# --- what fields read ---


def sql_of(statement: Any) -> str:
    """The text of a statement or an expression."""
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    return str(statement.compile(dialect=dialect))


def shown(statement: Any) -> str:
    """The list of columns that a statement gives back."""
    return sql_of(statement).split("\nFROM", 1)[0]


def read_by(field: Field) -> Iterator[str]:
    """The SQL of a declared field: of its value, or of what is read of the rows that it leads to."""
    declared, model = field.declared, MODELS[field.type_name]
    match declared:
        case Column() | Private():
            yield sql_of(batches.values(model, lambda row, _: getattr(row, declared.attribute.key)))
        case Computed():
            yield sql_of(batches.values(declared.model, declared.expression))
        case Aggregate():
            yield sql_of(batches.records(declared.model, declared.record))
        case ToOne() | ToMany():
            yield shown(batches.related(declared.link, (), ()))
            yield shown(batches.rows(declared.link.target))
        case Page():
            for order in orders_of(declared.orders):
                part = batches.Window(order, "Some.list", 10)
                read = batches.page if declared.link.source is not None else batches.root_page
                yield shown(read(declared.link, part, ()))


def orders_of(orders: Orders) -> list[Any]:
    """All orders of a page."""
    return [orders.default, *(type(orders.default)("X", terms) for terms in orders.by.values())]


@pytest.mark.parametrize("model", MAPPED, ids=lambda model: model.__name__)
def test_every_table_has_a_rule_about_who_sees_its_rows(model: type) -> None:
    assert models_without_predicate([model]) == []


@pytest.mark.parametrize("field", row_fields(), ids=str)
def test_a_field_of_a_row_declares_what_it_reads_and_reads_no_secret(field: Field) -> None:
    if field.name == "id":
        return
    assert field.declared is not None, "a resolver of its own hides what it reads"
    if isinstance(field.declared, Column):
        assert not privacy_flags(field.declared.attribute), "private and secret columns are never bare"
    if isinstance(field.declared, Column | Private):
        assert field.declared.attribute.class_ is MODELS[field.type_name]
    for statement in read_by(field):
        assert not [name for name in SECRETS if name in statement]


def test_every_connection_is_nullable_so_that_a_stale_cursor_nulls_nothing_else() -> None:
    found = [
        f"{kind.name}.{name}"
        for kind in OBJECTS
        for name, field in kind.fields.items()
        if str(field.type).endswith("Connection!")
    ]
    assert found == []


def test_the_secrets_are_known() -> None:
    assert {
        "password_hash",
        "token_hash",
        "mail_token_hash",
        "totp_secret",
        "code_hash",
        "challenge_hash",
        "credential_id",
        "public_key",
        "content",
        "answer",
        "payload",
        "credentials_version",
    } == SECRETS
    for model in MAPPED:
        for attribute in model.__mapper__.column_attrs:
            if "hash" in attribute.key:
                assert "secret" in privacy_flags(getattr(model, attribute.key)), (
                    f"{model.__name__}.{attribute.key}"
                )


def test_a_field_over_a_private_or_secret_column_does_not_even_load() -> None:
    from infocus_graphql.domains.identity.users.models import User

    for attribute in (User.email, User.is_staff, User.password_hash):
        with pytest.raises(TypeError):
            column(attribute, "Leaks.")
    with pytest.raises(TypeError):
        private(User.password_hash, "Leaks.", only=lambda row, viewer: row.id == viewer.id)


def test_no_cursor_tells_what_a_field_would_hide_and_no_order_loses_rows() -> None:
    """Cursors hold the values that rows are ordered by; comparing with NULL by `<` would drop rows."""
    pages = [field for field in (*row_fields(), *ROOT_FIELDS) if isinstance(field.declared, Page)]
    assert len(pages) > 15
    for field in pages:
        target = field.declared.link.target
        row: Any = aliased(target)
        hidden = {
            each.key for each in target.__mapper__.column_attrs if privacy_flags(getattr(target, each.key))
        }
        for order in orders_of(field.declared.orders):
            for expression, nullable in order.columns(row):
                words = set(sql_of(expression).replace(".", " ").split())
                assert not words & hidden, f"{field} by {order.name}"
                plain = target.__mapper__.columns.get(getattr(expression, "key", None))
                if plain is not None and getattr(plain, "table", None) in Base.metadata.tables.values():
                    assert nullable or not plain.nullable, f"{field} by {order.name} has NULLs"


# --- the code ---


def test_only_one_file_commits_and_rolls_back() -> None:
    def ends(node: ast.AST) -> bool:
        called = node.func if isinstance(node, ast.Call) else None
        return isinstance(called, ast.Attribute) and called.attr in {"commit", "rollback"}

    assert uses(ends, allowed={"db/database.py"}) == []


def test_graphql_rooms_never_touch_a_session() -> None:
    rooms = [
        path
        for domain in DOMAINS
        for room in GRAPHQL_ROOMS
        for path in domain.rglob("*.py")
        if path.relative_to(domain).parts[0].removesuffix(".py") == room
    ]
    assert len(rooms) > 2 * len(DOMAINS)
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


def test_there_is_one_kit_of_loaders() -> None:
    def names_loader(node: ast.AST) -> bool:
        return isinstance(node, ast.ImportFrom | ast.Import) and any(
            alias.name.endswith("DataLoader") or alias.name.endswith("dataloader") for alias in node.names
        )

    assert uses(names_loader, allowed={"graph/loaders.py"}) == []


def test_settings_alone_read_the_environment() -> None:
    def reads(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb", "putenv"}

    # The embedded server's programs get a copy of the environment without what would lead them astray.
    assert uses(reads, allowed={"core/settings.py", "db/embedded/environment.py"}) == []


def test_files_and_functions_stay_small() -> None:
    large = [
        f"{place(path)}: {lines}" for path in FILES if (lines := len(path.read_text().splitlines())) > 400
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


def test_a_room_that_became_a_package_is_no_warehouse() -> None:
    packages = [path for domain in DOMAINS for path in domain.iterdir() if (path / "__init__.py").exists()]
    assert [place(path) for path in packages if len(list(path.glob("*.py"))) > 8] == []


@pytest.mark.parametrize("path", FILES, ids=place)
def test_every_module_says_what_it_holds(path: Path) -> None:
    assert ast.get_docstring(TREES[path]), "the first line tells a newcomer what the room is for"


def test_every_code_of_a_refusal_is_used_and_described() -> None:
    named = re.compile(r"\bErrorCode\.([A-Z_]+)")
    described = {"core/errors.py", "graph/errors.py"}
    used = {
        code for path in FILES if place(path) not in described for code in named.findall(path.read_text())
    }
    helpers = {"NOT_FOUND"}  # by `not_found` of core/errors.py
    assert {code.name for code in ErrorCode} == used | helpers
    assert set(CODES) == set(ErrorCode)


def test_imports_keep_their_contracts() -> None:
    # As a program of its own: in this process it would switch off the loggers of everybody else.
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_row_types_show_mapped_classes() -> None:
    assert set(ROW_TYPES.values()) == set(MAPPED) - INNER, "each other table is shown by some type"
    assert {kind.name for kind in OBJECTS} >= set(MODELS)
