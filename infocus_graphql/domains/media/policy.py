"""The catalogue is public; only staff change it, which the access of the mutations says."""

from typing import Any

from sqlalchemy import ColumnElement, true

from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.media.models import MediaItem, Spelling, StreamingProvider


@visibility(MediaItem)
def visible_media_items(media_item: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Everybody sees all titles."""
    return true()


@visibility(StreamingProvider)
def visible_streaming_providers(provider: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Everybody sees where titles stream."""
    return true()


@visibility(Spelling)
def visible_spellings(spelling: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Everybody sees how genres and services are written."""
    return true()
