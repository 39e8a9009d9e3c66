"""The catalogue is public. Its mutations are restricted to staff by their `access`."""

from sqlalchemy import ColumnElement, true

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.media.details import (
    Collection,
    Genre,
    GenreName,
    MediaCertification,
    MediaTranslation,
    MediaVideo,
    SimilarTitle,
)
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


@visibility(MediaTranslation)
def visible_translations(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All translations are public."""
    return true()


@visibility(MediaCertification)
def visible_certifications(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All certifications are public."""
    return true()


@visibility(MediaVideo)
def visible_videos(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All videos are public."""
    return true()


@visibility(SimilarTitle)
def visible_similar_titles(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All links between titles are public."""
    return true()


@visibility(Collection)
def visible_collections(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All collections are public."""
    return true()


@visibility(Genre)
def visible_genres(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All genres are public."""
    return true()


@visibility(GenreName)
def visible_genre_names(row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All names of genres are public."""
    return true()
