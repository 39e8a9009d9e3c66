"""The field `Viewer.changes` and its type."""

from typing import Annotated, Final

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.list_lengths import CHANGES
from infocus_graphql.domains.sync.cursors import SyncCursorError
from infocus_graphql.domains.sync.rounds import Changes, next_page
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.declarations import DECLARED, FieldDefinition, ResolvedPage
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.list_lengths import LARGEST_PAGE
from infocus_graphql.graph.node import Node
from infocus_graphql.graph.root import node_results, result

DEFAULT_CHANGES: Final = 200
MAX_CHANGES: Final = LARGEST_PAGE

Since = Annotated[
    str | None,
    strawberry.argument(
        description="The `cursor` of the last page that the client has stored. Without it, the first page of "
        "a snapshot of all objects is returned."
    ),
]
First = Annotated[
    int | None,
    strawberry.argument(
        description=f"The maximum number of changes: 1-{MAX_CHANGES}, by default {DEFAULT_CHANGES}."
    ),
]


@strawberry.type(
    description="A page of changes. Store its objects, remove those in `removedIds`, and store `cursor`, all "
    "in one transaction; then request the page after this cursor."
)
class ChangeSet:
    """A GraphQL view of `Changes`."""

    changed_ids: strawberry.Private[list[str]]
    rows: strawberry.Private[dict[str, str | None]]
    nodes: list[Node | None] = node_results(
        "The objects that were created or changed, or that have become visible, in their current state: the "
        "viewer's families, their memberships and users, the watchlist entries that the viewer can see with "
        "their titles, recommendations, and invitations. An item is null if the object has been hidden or "
        "deleted in this moment; a later page has its id in `removedIds`.",
        many="changed_ids",
        paged=True,
    )
    removed_ids: list[strawberry.ID] = strawberry.field(
        description="The ids of objects that were deleted, or that the viewer can't see any more. Titles are "
        "not among them. Ids that the client does not have can be ignored."
    )
    viewer: refs.Viewer | None = result(
        User, "The viewer, if the account or the settings were changed; otherwise null."
    )
    cursor: str = strawberry.field(description="The position after this page, for `since`.")
    has_more: bool = strawberry.field(
        description="Whether further pages are available now. The copy is complete and consistent after the "
        "last one."
    )
    reset_required: bool = strawberry.field(
        description="Whether the page is the first of a snapshot, because no cursor was given or the cursor "
        "has expired (after 90 days by default): remove all stored objects before storing those of the page."
    )


def changes_field() -> FieldDefinition:
    """Declares the field `Viewer.changes`."""

    async def resolve(
        root: User, info: Info, since: Since = None, first: First = DEFAULT_CHANGES
    ) -> ChangeSet:
        limit = DEFAULT_CHANGES if first is None else first
        if not 1 <= limit <= MAX_CHANGES:
            raise bad_input(f"`first` must be from 1 to {MAX_CHANGES}.", "first")
        try:
            return _change_set(await next_page(info.context, since, limit), root.id)
        except SyncCursorError as error:
            raise bad_input("`since` is not a cursor of the viewer's changes.", "since") from error

    return strawberry.field(
        resolver=resolve,
        description="What has changed in the viewer's data since a cursor, for clients that keep a copy "
        "of it.",
        metadata={DECLARED: ResolvedPage(DEFAULT_CHANGES, CHANGES, MAX_CHANGES)},
    )


def _change_set(page: Changes, viewer_id: str) -> ChangeSet:
    return ChangeSet(
        changed_ids=page.changed,
        rows={"viewer": viewer_id if viewer_id in page.changed else None},
        removed_ids=[strawberry.ID(each) for each in page.removed],
        cursor=page.cursor,
        has_more=page.has_more,
        reset_required=page.starts_snapshot,
    )
