"""Persisted documents."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.db.base import Base, key_text, timestamptz


class PersistedDocument(Base):
    """A GraphQL document, keyed by the hexadecimal SHA-256 of its text. It was valid when it was stored."""

    __tablename__ = "persisted_documents"

    digest: Mapped[str] = mapped_column(key_text(), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime] = timestamptz()

    __table_args__ = (Index("ix_persisted_documents_used_at", "used_at"),)
