"""Results of mutations that clients may retry."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.db.base import Base, created_at_column, key_text, secret


class IdempotencyRecord(Base):
    """The execution of a mutation with an `Idempotency-Key`, and its response. Kept for a day.

    `payload` is the result as ids and values, committed together with the change; `response` is the response
    built from it.
    """

    __tablename__ = "idempotency_records"

    user_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    operation: Mapped[str] = mapped_column(key_text(), primary_key=True)
    key: Mapped[str] = mapped_column(key_text(), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(key_text())
    claim: Mapped[str] = mapped_column(key_text())
    response: Mapped[str | None] = secret(mapped_column(Text))
    payload: Mapped[str | None] = secret(mapped_column(Text))
    created_at: Mapped[datetime] = created_at_column()

    __table_args__ = (Index("ix_idempotency_records_created_at", "created_at"),)
