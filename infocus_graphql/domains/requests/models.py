"""Documents that clients name by their hash, and answers that they may ask for again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.db.base import Base, created_at_column, key_text, secret, timestamptz


class PersistedDocument(Base):
    """A GraphQL document under the SHA-256 of its text, in hexadecimal digits; it was valid when it came."""

    __tablename__ = "persisted_documents"

    digest: Mapped[str] = mapped_column(key_text(), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime] = timestamptz()

    __table_args__ = (Index("ix_persisted_documents_used_at", "used_at"),)


class IdempotencyRecord(Base):
    """That a mutation with a client's key was done, and its response; for a day.

    `payload` is the mutation's result as ids and values, committed together with the change; `answer` is the
    response that was made from it.
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
