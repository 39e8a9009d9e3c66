"""The types of user errors that contain objects of the domains."""

from typing import Annotated

import strawberry

from infocus_graphql.core.errors import ErrorCode, Refusal
from infocus_graphql.domains import refs
from infocus_graphql.graph.declarations import DECLARED, UNPLANNED, RowById
from infocus_graphql.graph.errors import UserError, error_type
from infocus_graphql.graph.strawberry_internals import resolve_info

ExistingObject = Annotated[
    refs.WatchlistEntry | refs.Recommendation | refs.FamilyMembership,
    strawberry.union(
        "ExistingObject", description="An object that a mutation conflicts with. New types may be added."
    ),
]


@error_type(
    ErrorCode.ALREADY_EXISTS,
    ErrorCode.ALREADY_PROCESSED,
    ErrorCode.EXPIRED,
    ErrorCode.IN_USE,
    ErrorCode.LIMIT_REACHED,
    ErrorCode.OWNER_CANNOT_LEAVE,
    ErrorCode.STALE_VERSION,
)
@strawberry.type(description="The input conflicts with the current state of an object.")
class ConflictError(UserError):
    """ALREADY_EXISTS and STALE_VERSION contain the object, which saves the client a request."""

    existing_id: strawberry.Private[str | None] = None

    @strawberry.field(
        description="The existing object, if the viewer can see it. Select its id with `... on Node { id }`.",
        metadata={DECLARED: RowById("existing_id")},
    )
    async def existing(self, info: strawberry.Info) -> ExistingObject | None:
        """Returns the existing object."""
        if self.existing_id is None:
            return None
        context, raw, planned = info.context, resolve_info(info), UNPLANNED
        if context.plans is not None:
            planned = await context.plans.rows(
                raw.parent_type, raw.field_nodes, self.existing_id, raw.path.as_list()
            )
        existing_object: ExistingObject | None = (
            await context.node(self.existing_id) if planned is UNPLANNED else planned
        )
        return existing_object

    @classmethod
    def details(cls, refusal: Refusal) -> dict[str, object]:
        """Returns the id of the existing object."""
        return {"existing_id": refusal.existing_id}


@error_type(ErrorCode.FORBIDDEN)
@strawberry.type(description="The viewer does not have permission for this mutation.", name="PermissionError")
class ForbiddenError(UserError):
    """FORBIDDEN."""

    required_role: refs.FamilyRole | None = strawberry.field(
        description="The lowest role in the family that has permission; null if no role has it.",
        default=None,
    )

    @classmethod
    def details(cls, refusal: Refusal) -> dict[str, object]:
        """Returns the required role."""
        return {"required_role": refusal.required_role}
