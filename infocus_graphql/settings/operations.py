"""Settings of GraphQL operations: limits, introspection and persisted documents."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

_MILLION = 1_000_000


class OperationSettings(BaseSettings):
    """GraphQL operations."""

    max_characters: int = Field(
        50_000, ge=1000, le=_MILLION, description="Maximum length of a GraphQL document, in characters."
    )
    max_tokens: int = Field(
        2000, ge=100, le=_MILLION, description="Maximum number of tokens in a GraphQL document."
    )
    # A plan has 25 levels at most (`graph/plan/templates.py`); 16 of these are 24 there.
    max_depth: int = Field(
        12, ge=1, le=16, description="Maximum depth of an operation; `edges` and `node` count as one level."
    )
    max_aliases: int = Field(30, ge=0, le=_MILLION, description="Maximum number of aliases in an operation.")
    max_root_fields: int = Field(
        20, ge=1, le=_MILLION, description="Maximum number of root fields in an operation."
    )
    max_directives: int = Field(
        50, ge=0, le=_MILLION, description="Maximum number of directives in an operation."
    )
    max_repetitions: int = Field(
        100, ge=0, le=_MILLION, description="Maximum number of repeated fields in one selection set."
    )
    max_objects: int = Field(
        50,
        ge=1,
        le=_MILLION,
        description="Maximum number of object and list fields in an operation, fragments included.",
    )
    max_operations: int = Field(
        20, ge=1, le=_MILLION, description="Maximum number of operations in a document."
    )
    max_cost: int = Field(
        200_000,
        ge=1,
        le=1000 * _MILLION,
        description="Maximum cost of an operation, in units of about 0.4 µs of CPU time.",
    )
    expensive_operations: int = Field(
        1,
        ge=1,
        le=100,
        description="Expensive operations (a cost of 50,000 or more) that a worker runs concurrently, on a "
        "separate connection pool.",
    )
    introspection: bool | None = Field(
        None, description="Allow introspection of the schema. Default: true except in production."
    )
    suggestions: bool | None = Field(
        None,
        description='Add "Did you mean …?" to validation errors. Default: true except in production.',
    )
    persisted_queries: bool = Field(
        True, description="Enable automatic persisted queries: clients send the hash of a document."
    )
    trusted_documents: Path | None = Field(
        None,
        description="A file of persisted documents, as written by relay-compiler or graphql-codegen. If set, "
        "only these documents run.",
    )
