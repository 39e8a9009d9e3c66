"""GraphQL types of searches."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.graph.connection import EDGES, NODES, PAGE, Connection, Edge, PageInfo
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.root import result


class SearchPage:
    """The source object of a page of results: the ids of its titles, and their cursors."""

    def __init__(
        self,
        ids: list[str],
        cursors: list[str],
        *,
        has_next: bool,
        has_previous: bool,
        total: int,
        stale: bool,
    ) -> None:
        self.ids, self.cursors = ids, cursors
        self.has_next, self.has_previous = has_next, has_previous
        self.total, self.stale = total, stale


@strawberry.type(description=PAGE)
class MediaSearchConnection(Connection[refs.MediaItem]):
    """A GraphQL view of a `SearchPage`."""

    @strawberry.field(description=EDGES)
    async def edges(root: SearchPage, info: Info) -> list[Edge[refs.MediaItem]]:  # noqa: N805
        """Returns the titles with their cursors."""
        rows = await info.context.loaders.row(MediaItem).load_many(root.ids)
        return [Edge(node=row, cursor=cursor) for row, cursor in zip(rows, root.cursors, strict=True)]

    nodes: list[refs.MediaItem] = result(MediaItem, NODES, many="ids")

    @strawberry.field(description="The position of this page in the results.")
    def page_info(root: SearchPage) -> PageInfo:  # noqa: N805
        """Returns the page info of the Relay specification."""
        return PageInfo(
            has_next_page=root.has_next,
            has_previous_page=root.has_previous,
            start_cursor=root.cursors[0] if root.cursors else None,
            end_cursor=root.cursors[-1] if root.cursors else None,
        )

    @strawberry.field(
        description="The number of titles found so far. It grows with further pages, because the results "
        "of TMDB are read page by page."
    )
    def total_count(root: SearchPage) -> int:  # noqa: N805
        """Returns the number of titles found so far."""
        return root.total

    stale: bool = strawberry.field(
        description="Whether results of TMDB are missing, because TMDB did not respond within 1.5 seconds, "
        "the server has no key for TMDB, or the client is anonymous."
    )


@strawberry.type(description="The titles that are popular this week.")
class TrendingMedia:
    ids: strawberry.Private[list[str]]
    nodes: list[refs.MediaItem] = result(MediaItem, "At most 20 titles, the most popular first.", many="ids")
    stale: bool = strawberry.field(
        description="Whether these are the most popular titles of this server's catalogue, because TMDB did "
        "not respond or the server has no key for it. TMDB's titles are at most three hours old."
    )
