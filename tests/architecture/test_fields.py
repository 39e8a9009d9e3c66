"""Checks the rules of `docs/architecture.md` on what fields read."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from infocus_graphql.db import batch_queries
from infocus_graphql.db.base import Base
from infocus_graphql.db.visibility import models_without_predicate
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
from infocus_graphql.graph.node import ROW_TYPES
from infocus_graphql.graph.ordering import Orders
from tests.architecture.mapped import INNER, MAPPED, ROOT_FIELDS
from tests.graph.walk import MODELS, OBJECTS, Field, row_fields

SECRETS = {
    attribute.key
    for model in MAPPED
    for attribute in model.__mapper__.column_attrs
    if "secret" in privacy_flags(getattr(model, attribute.key))
}


def sql_of(statement: Any) -> str:
    """Returns the SQL of a statement or expression."""
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    return str(statement.compile(dialect=dialect))


def shown(statement: Any) -> str:
    """Returns the select list of a statement."""
    return sql_of(statement).split("\nFROM", 1)[0]


def read_by(field: Field) -> Iterator[str]:
    """Yields the SQL of a declared field: of its value, or of the rows that it refers to."""
    declared, model = field.declared, MODELS[field.type_name]
    match declared:
        case Column() | Private():
            yield sql_of(batch_queries.values(model, lambda row, _: getattr(row, declared.attribute.key)))
        case Computed():
            yield sql_of(batch_queries.values(declared.model, declared.expression))
        case Aggregate():
            yield sql_of(batch_queries.records(declared.model, declared.record))
        case ToOne() | ToMany():
            yield shown(batch_queries.related(declared.link, (), ()))
            yield shown(batch_queries.rows(declared.link.target))
        case Page():
            for order in orders_of(declared.orders):
                part = batch_queries.Window(order, "Some.list", 10)
                read = batch_queries.page if declared.link.source is not None else batch_queries.root_page
                yield shown(read(declared.link, part, ()))


def orders_of(orders: Orders) -> list[Any]:
    """Returns all orders of a connection."""
    return [orders.default, *(type(orders.default)("X", terms) for terms in orders.by.values())]


@pytest.mark.parametrize("model", MAPPED, ids=lambda model: model.__name__)
def test_every_table_has_a_visibility_predicate(model: type) -> None:
    assert models_without_predicate([model]) == []


@pytest.mark.parametrize("field", row_fields(), ids=str)
def test_every_row_field_has_a_declaration_and_reads_no_secret(field: Field) -> None:
    if field.name == "id":
        return
    assert field.declared is not None, "a resolver of its own hides what it reads"
    if isinstance(field.declared, Column):
        assert not privacy_flags(field.declared.attribute), "private and secret columns are never bare"
    if isinstance(field.declared, Column | Private):
        assert field.declared.attribute.class_ is MODELS[field.type_name]
    for statement in read_by(field):
        assert not [name for name in SECRETS if name in statement]


def test_every_connection_is_nullable() -> None:
    found = [
        f"{kind.name}.{name}"
        for kind in OBJECTS
        for name, field in kind.fields.items()
        if str(field.type).endswith("Connection!")
    ]
    assert found == []


def test_the_secret_columns_are_known_and_hashes_are_marked() -> None:
    assert {
        "password_hash",
        "unsubscribe_key",
        "token_hash",
        "mail_token_hash",
        "totp_secret",
        "code_hash",
        "challenge_hash",
        "credential_id",
        "public_key",
        "content",
        "response",
        "payload",
        "credentials_version",
    } == SECRETS
    for model in MAPPED:
        for attribute in model.__mapper__.column_attrs:
            if "hash" in attribute.key:
                assert "secret" in privacy_flags(getattr(model, attribute.key)), (
                    f"{model.__name__}.{attribute.key}"
                )


def test_a_public_field_of_a_private_or_secret_column_fails_on_import() -> None:
    from infocus_graphql.domains.identity.users.models import User

    for attribute in (User.email, User.is_staff, User.password_hash):
        with pytest.raises(TypeError):
            column(attribute, "Leaks.")
    with pytest.raises(TypeError):
        private(User.password_hash, "Leaks.", only=lambda row, viewer: row.id == viewer.id)


def test_orders_use_public_columns_and_declare_nullable_ones() -> None:
    """Cursors contain the sort values, and comparing with NULL by `<` would drop rows."""
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


def test_row_types_have_mapped_classes() -> None:
    assert set(ROW_TYPES.values()) == set(MAPPED) - INNER, "each other table is shown by some type"
    assert {kind.name for kind in OBJECTS} >= set(MODELS)
