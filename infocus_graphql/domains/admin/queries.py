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
        "Returns data about the whole server, for staff; null if the viewer is no longer "
        "staff. Requires a session; API tokens can't be used.",
        access=staff,
    )
