"""The root query field `admin`."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.admin.reads import ADMIN
from infocus_graphql.graph.declarations import RootRow
from infocus_graphql.graph.root import root_row, staff


@strawberry.type
class StaffQueries:
    """Root query fields for staff."""

    admin: refs.Admin | None = root_row(
        RootRow(ADMIN, {}, {}),
        "What staff see of the whole server; null for who is staff no more. It needs a session: no API token "
        "is good for it.",
        access=staff,
    )
