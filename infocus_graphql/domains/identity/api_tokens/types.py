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
from infocus_graphql.graph.root import Payload, result, secret_result

ApiScope: TypeAlias = viewer.ApiScope
publish_enum(
    ApiScope,
    "A permission of an API token. No scope includes another. All tokens can read public "
    "data: the catalogue and `serverInfo`. Selecting other data without READ fails with "
    "FORBIDDEN, and nothing is changed; a mutation without READ returns errors, its own "
    "scalar values, and the `id` and `__typename` of objects.",
    {
        ApiScope.READ: "Read everything that the user can read, in queries and in the results of mutations. "
        "Downloading a data export requires READ and ACCOUNT.",
        ApiScope.WRITE: "Change the user's watchlist, recommendations and profile; create, join and leave "
        "families.",
        ApiScope.FAMILY_ADMIN: "Change families, their members and invitations, as far as the user's "
        "role permits.",
        ApiScope.ACCOUNT: "Change the account: its sessions, e-mail address, password and passkeys.",
    },
)


@row_type(models.ApiToken)
class ApiToken(Node):
    """
    An API token, with which a program acts for the viewer. The secret is shown only when the token is
    created.
    """

    name: str = column(models.ApiToken.name, "The name that the viewer chose.")
    scopes: list[refs.ApiScope] = column(models.ApiToken.scopes, "The scopes of the token.")
    created_at: datetime = column(models.ApiToken.created_at, "When the token was created.")
    expires_at: datetime | None = column(
        models.ApiToken.expires_at, "When the token expires; null if never.", name="tokenExpiresAt"
    )
    last_used_at: datetime | None = column(
        models.ApiToken.last_used_at, "When the token was last used, rounded to the minute; null if never."
    )


@strawberry.input(description="Input of `createApiToken`.")
class CreateApiTokenInput:
    name: str = strawberry.field(description="The name of the token, 1-100 characters.")
    scopes: list[ApiScope] = strawberry.field(description="The scopes of the token; at least one.")
    token_expires_at: datetime | None = strawberry.field(
        description="When the token expires; null if never.", default=None
    )


@strawberry.type(description="Result of `createApiToken`.")
class CreateApiTokenPayload(Payload):
    api_token: refs.ApiToken | None = result(models.ApiToken, "The new token.")
    secret: str | None = secret_result(
        "The secret, to be sent as `Authorization: Bearer ifp_…`. It is shown only once; null on failure."
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `revokeApiToken`.")
class RevokeApiTokenInput:
    id: strawberry.ID = strawberry.field(description="The id of one of the viewer's API tokens.")


@strawberry.type(description="Result of `revokeApiToken`.")
class RevokeApiTokenPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the revoked token; null on failure.", default=None
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")
