"""The catalogue is public. Its mutations are restricted to staff by their `access`."""

from sqlalchemy import ColumnElement, true

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.media.models import MediaItem, Spelling, StreamingProvider


@visibility(MediaItem)
def visible_media_items(media_item: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All titles are public."""
    return true()


@visibility(StreamingProvider)
def visible_streaming_providers(provider: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All streaming providers are public."""
    return true()


@visibility(Spelling)
def visible_spellings(spelling: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All spellings are public."""
    return true()
