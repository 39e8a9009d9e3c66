"""The terms by which titles are found. Triggers of the database update them."""

from typing import Any

from sqlalchemy import ARRAY, Computed, Index, PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.db.base import Base, foreign_key, key_text


class MediaSearchTerms(Base):
    """The terms of a title in all its languages, by the SQL function `search_terms`.

    A table of its own, so that changes of a title's popularity or rating don't touch the large index.
    """

    __tablename__ = "media_search_terms"

    media_item_id: Mapped[str] = foreign_key("media_items.id", ondelete="CASCADE", index=False)
    terms: Mapped[Any] = mapped_column(TSVECTOR)

    __table_args__ = (
        PrimaryKeyConstraint("media_item_id"),
        Index(
            "ix_media_search_terms_terms",
            "terms",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )


class SearchWord(Base):
    """A word of the terms of any title, to find the words that a misspelt one may stand for."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(key_text(), primary_key=True)
    # Of short words only: trigrams find long ones.
    typo_keys: Mapped[list[str] | None] = mapped_column(
        ARRAY(Text), Computed("typo_keys(word)", persisted=True), deferred=True, deferred_raiseload=True
    )

    __table_args__ = (
        Index(
            "ix_search_words_word_trigrams",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
        Index("ix_search_words_typo_keys", "typo_keys", postgresql_using="gin"),
    )
