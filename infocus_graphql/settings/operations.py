"""The settings of GraphQL operations: how large they may be, and which documents are run."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

_MILLION = 1_000_000


class OperationSettings(BaseSettings):
    """GraphQL operations."""

    max_characters: int = Field(50_000, ge=1000, le=_MILLION, description="Longest GraphQL document.")
    max_tokens: int = Field(2000, ge=100, le=_MILLION, description="Most tokens of a GraphQL document.")
    max_depth: int = Field(
        12, ge=1, le=100, description="Most levels of an operation; `edges` and `node` are one."
    )
    max_aliases: int = Field(30, ge=0, le=_MILLION, description="Most aliases of an operation.")
    max_root_fields: int = Field(20, ge=1, le=_MILLION, description="Most root fields of an operation.")
    max_directives: int = Field(50, ge=0, le=_MILLION, description="Most directives of an operation.")
    max_repetitions: int = Field(
        100, ge=0, le=_MILLION, description="Most repetitions of fields in the same braces."
    )
    max_objects: int = Field(
        50, ge=1, le=_MILLION, description="Most objects and lists of an operation, fragments included."
    )
    max_operations: int = Field(20, ge=1, le=_MILLION, description="Most operations of a document.")
    max_cost: int = Field(
        200_000,
        ge=1,
        le=1000 * _MILLION,
        description="Highest cost of an operation, in units of about 0.4 µs of CPU.",
    )
    expensive_operations: int = Field(
        1,
        ge=1,
        le=100,
        description="Expensive operations (a cost of 50,000 or more) that a worker runs at a time, on "
        "connections of their own.",
    )
    introspection: bool | None = Field(
        None, description="Whether the schema can be asked for; by default outside production only."
    )
    suggestions: bool | None = Field(
        None,
        description='Whether errors say "Did you mean"; by default outside production only.',
    )
    persisted_queries: bool = Field(
        True, description="Whether clients may name documents by their hash (automatic persisted queries)."
    )
    trusted_documents: Path | None = Field(
        None,
        description="A file as relay-compiler or graphql-codegen write it: other documents are refused.",
    )
