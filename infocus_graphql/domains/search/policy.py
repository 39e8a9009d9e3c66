"""The catalogue is public, and so are the terms by which its titles are found."""

from sqlalchemy import ColumnElement, true

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.search.models import MediaSearchTerms, SearchWord


@visibility(MediaSearchTerms)
def visible_search_terms(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All terms are public."""
    return true()


@visibility(SearchWord)
def visible_search_words(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All words are public."""
    return true()
