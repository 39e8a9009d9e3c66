"""Persisted documents, which clients send by hash, and idempotency records, which hold stored responses."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.db.base import Base, created_at_column, key_text, secret, timestamptz


class PersistedDocument(Base):
    """A GraphQL document, keyed by the hexadecimal SHA-256 of its text. It was valid when it was stored."""

    __tablename__ = "persisted_documents"

    digest: Mapped[str] = mapped_column(key_text(), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime] = timestamptz()

    __table_args__ = (Index("ix_persisted_documents_used_at", "used_at"),)


class IdempotencyRecord(Base):
    """The execution of a mutation with an `Idempotency-Key`, and its response. Kept for a day.

    `payload` is the mutation's result as ids and values, committed together with the change; `answer` is the
    response built from it.
    """

    __tablename__ = "idempotent_answers"

    user_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    operation: Mapped[str] = mapped_column(key_text(), primary_key=True)
    key: Mapped[str] = mapped_column(key_text(), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(key_text())
    claim: Mapped[str] = mapped_column(key_text())
    answer: Mapped[str | None] = secret(mapped_column(Text))
    payload: Mapped[str | None] = secret(mapped_column(Text))
    created_at: Mapped[datetime] = created_at_column()

    __table_args__ = (Index("ix_idempotent_answers_created_at", "created_at"),)
