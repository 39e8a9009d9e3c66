"""The state of the catalogue's copies is internal; `MediaItem.fetchedAt` shows the time of the last fetch."""

from sqlalchemy import ColumnElement, true

from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer, visibility
from infocus_graphql.domains.catalogue.models import CatalogueSync, TitleFetch


@visibility(TitleFetch)
def visible_title_fetches(fetch: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Times of fetches are public, as part of their titles."""
    return true()


@visibility(CatalogueSync)
def visible_catalogue_syncs(sync: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Times of syncs are public; they contain nothing else."""
    return true()
