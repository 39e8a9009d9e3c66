"""GraphQL types of API tokens. Only the mutation that creates a token returns its secret."""

from datetime import datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.core import viewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.api_tokens import models
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result

ApiScope: TypeAlias = viewer.ApiScope
publish_enum(
    ApiScope,
    "What an API token may be used for. No scope includes another. Without READ, a mutation returns "
    "errors, values that it makes, and of objects only `id` and `__typename`: selecting more is FORBIDDEN, "
    "and nothing is done.",
    {
        ApiScope.READ: "All queries, and all fields of what mutations return: everything that the "
        "user may read. A data export is downloaded with READ and ACCOUNT.",
        ApiScope.WRITE: "Changes to the user's own lists, recommendations and profile, and making, joining "
        "and leaving families.",
        ApiScope.FAMILY_ADMIN: "Changes to families and their members, and inviting, as far as the user may.",
        ApiScope.ACCOUNT: "Changes to the account: its sessions, its address, its password, its passkeys.",
    },
)


@row_type(models.ApiToken)
class ApiToken(Node):
    """An API token for a program that acts for the viewer. The secret can't be read again."""

    name: str = column(models.ApiToken.name, "The name that the viewer gave it.")
    scopes: list[refs.ApiScope] = column(models.ApiToken.scopes, "What the token may be used for.")
    created_at: datetime = column(models.ApiToken.created_at, "When the token was created.")
    expires_at: datetime | None = column(
        models.ApiToken.expires_at, "When the token expires; null if it never does.", name="tokenExpiresAt"
    )
    last_used_at: datetime | None = column(
        models.ApiToken.last_used_at, "When the token was last used, to the minute; null if never."
    )


@strawberry.input(description="Input of `createApiToken`.")
class CreateApiTokenInput:
    name: str = strawberry.field(description="The name of the token, 1-100 characters.")
    scopes: list[ApiScope] = strawberry.field(
        description="What the token may be used for; at least one scope."
    )
    token_expires_at: datetime | None = strawberry.field(
        description="When the token expires; null if it never does.", default=None
    )


@strawberry.type(description="Result of `createApiToken`.")
class CreateApiTokenPayload(Payload):
    api_token: refs.ApiToken | None = result(models.ApiToken, "The new token.")
    secret: str | None = strawberry.field(
        description="The secret to send as `Authorization: Bearer ifp_…`. It is shown only once.",
        default=None,
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `revokeApiToken`.")
class RevokeApiTokenInput:
    id: strawberry.ID = strawberry.field(description="The id of one of the viewer's API tokens.")


@strawberry.type(description="Result of `revokeApiToken`.")
class RevokeApiTokenPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the revoked token.", default=None
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")
