"""Root query fields of families."""

from typing import Annotated

import strawberry
from sqlalchemy import Text, true

from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.links import Link
from infocus_graphql.domains import refs
from infocus_graphql.domains.families import models, reads, types
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.declarations import RootRow
from infocus_graphql.graph.fields import Argument
from infocus_graphql.graph.root import anyone, query, root_row

BY_ID = Filter(Text(), lambda family, value: family.id == value)
ID = Argument(strawberry.ID, "The id of the family.", BY_ID)
Token = Annotated[str, strawberry.argument(description="The token from the invitation.")]


@strawberry.type
class FamilyQueries:
    """Root query fields of families and invitations."""

    family: refs.Family | None = root_row(
        RootRow(Link(models.Family, lambda root, family, viewer: true()), {"id": ID}, {"id": BY_ID}),
        "Returns a family; null unless the viewer is a member.",
        access=anyone,
    )

    @query(access=anyone)
    async def family_invitation_preview(info: Info, token: Token) -> types.FamilyInvitationPreview | None:
        """Returns public information about an invitation, by its token; null if the token is unknown."""
        preview = await info.context.read(reads.find_invitation_preview, token=token)
        return None if preview is None else types.FamilyInvitationPreview(**preview)
