"""API tokens. Only their hashes are stored."""

from datetime import datetime

from sqlalchemy import ARRAY, Enum, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.db.base import (
    Base,
    check,
    created_at_column,
    foreign_key,
    id_column,
    length_check,
    secret,
    timestamptz,
    unique,
)

MAX_NAME, MAX_TOKENS = 100, 50


class ApiToken(Base):
    """A credential of a user for one program. Revoking deletes the row."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = id_column("at")
    user_id: Mapped[str] = foreign_key("users.id", ondelete="CASCADE", index=False)
    name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = secret(mapped_column(Text))
    scopes: Mapped[list[ApiScope]] = mapped_column(
        ARRAY(
            Enum(ApiScope, name="api_scope", values_callable=lambda scopes: [each.value for each in scopes])
        )
    )
    created_at: Mapped[datetime] = created_at_column()
    expires_at: Mapped[datetime | None] = timestamptz(nullable=True)
    last_used_at: Mapped[datetime | None] = timestamptz(nullable=True)

    __table_args__ = (
        unique("token_hash", refusal=ErrorCode.ALREADY_EXISTS),
        length_check("name", MAX_NAME, minimum=1),
        check("some_scope", "cardinality(scopes) > 0", refusal=ErrorCode.REQUIRED, path=("scopes",)),
        Index("ix_api_tokens_user_id_created_at", "user_id", "created_at", "id"),
    )
