"""Documents that clients have sent once and name by their hash from then on."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.db.base import Base, instant, key_text


class PersistedDocument(Base):
    """A GraphQL document under the SHA-256 of its text, in hexadecimal digits; it was valid when it came."""

    __tablename__ = "persisted_documents"

    digest: Mapped[str] = mapped_column(key_text(), primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime] = instant()

    __table_args__ = (Index("ix_persisted_documents_used_at", "used_at"),)
