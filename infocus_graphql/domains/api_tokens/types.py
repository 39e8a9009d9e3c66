"""GraphQL types of API tokens. A token is shown once, by the mutation that made it."""

from datetime import datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.core import viewer
from infocus_graphql.domains.api_tokens import models
from infocus_graphql.graph import refs
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result

ApiScope: TypeAlias = viewer.ApiScope
publish_enum(
    ApiScope,
    "What an API token may be used for. None of them includes another.",
    {
        ApiScope.READ: "All queries: everything that the person may read.",
        ApiScope.WRITE: "Changes to the person's own lists, recommendations and profile, and making, "
        "joining and leaving families.",
        ApiScope.FAMILY_ADMIN: "Changes to families and their members, and inviting, as far as the person "
        "may.",
        ApiScope.ACCOUNT: "Changes to the account: its sessions, its address, its password, its passkeys.",
    },
)


@row_type(models.ApiToken)
class ApiToken(Node):
    """A key for a program that acts for the viewer. The token itself is never readable again."""

    name: str = column(models.ApiToken.name, "What the person calls it.")
    scopes: list[refs.ApiScope] = column(models.ApiToken.scopes, "What it may be used for.")
    created_at: datetime = column(models.ApiToken.created_at, "When it was made.")
    expires_at: datetime | None = column(
        models.ApiToken.expires_at, "Until when it can be used; null for no end."
    )
    last_used_at: datetime | None = column(
        models.ApiToken.last_used_at, "When it was last used, to a minute; null for never."
    )


@strawberry.input(description="A new API token.")
class CreateApiTokenInput:
    """See writes.create_api_token."""

    name: str = strawberry.field(description="What to call it, 1-100 characters.")
    scopes: list[ApiScope] = strawberry.field(description="What it may be used for: at least one.")
    expires_at: datetime | None = strawberry.field(
        description="Until when it can be used; null for no end.", default=None
    )


@strawberry.type(description="The new token, which is shown this once.")
class CreateApiTokenPayload(Payload):
    """What createApiToken answers."""

    api_token: refs.ApiToken | None = result(models.ApiToken, "What is known of the token from now on.")
    secret: str | None = strawberry.field(
        description="The token: send it as `Authorization: Bearer ifp_…`. Keep it like a password; it "
        "can't be shown again.",
        default=None,
    )


@strawberry.input(description="Which token to revoke.")
class RevokeApiTokenInput:
    """One of the viewer's own."""

    id: strawberry.ID = strawberry.field(description="One of the viewer's API tokens.")


@strawberry.type(description="What was revoked.")
class RevokeApiTokenPayload(Payload):
    """What revokeApiToken answers."""

    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of what is gone. The token is refused within a second.", default=None
    )
