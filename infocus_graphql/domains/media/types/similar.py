"""The connection of similar titles: its rows link two titles, and its nodes are titles."""

import strawberry

from infocus_graphql.db.links import link
from infocus_graphql.domains import refs
from infocus_graphql.domains.media.detail_reads import SimilarItem
from infocus_graphql.graph.connection import (
    EDGES,
    NODES,
    PAGE,
    Connection,
    Edge,
    associated_nodes,
    association_edges,
)
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.fields import relation
from infocus_graphql.graph.loaders import RowPage

_TO_TITLE = link(SimilarItem.similar)


@strawberry.type(description="A similar title, with its cursor.")
class SimilarTitleEdge(Edge[refs.MediaItem]):
    """Fields are read from a `SimilarItem`."""

    node: refs.MediaItem = relation(SimilarItem.similar, "The similar title.")


@strawberry.type(description=PAGE)
class SimilarTitleConnection(Connection[refs.MediaItem]):
    """A page over the links to similar titles whose nodes are the titles."""

    @strawberry.field(description=EDGES)
    def edges(root: RowPage) -> list[SimilarTitleEdge]:  # noqa: N805 - Strawberry gives the source as `root`
        """The links with their cursors."""
        return association_edges(root)

    @strawberry.field(description=NODES)
    async def nodes(root: RowPage, info: Info) -> list[refs.MediaItem]:  # noqa: N805
        """The similar titles."""
        return await associated_nodes(root, info, _TO_TITLE)
