"""Root fields that are independent of domains: `node`, `nodes` and `serverInfo`."""

from typing import Annotated, TypeAlias

import strawberry

from infocus_graphql import __version__
from infocus_graphql.graph.attributions import Attribution, attributions
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.declarations import RootNode
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.errors import too_many_ids
from infocus_graphql.graph.list_lengths import MAX_PAGE
from infocus_graphql.graph.node import Node
from infocus_graphql.graph.root import anyone, query
from infocus_graphql.graph.server_limits import OperationLimits, operation_limits
from infocus_graphql.security.passkey_support import passkeys_installed
from infocus_graphql.settings import Registration

RegistrationMode: TypeAlias = Registration
publish_enum(
    RegistrationMode,
    "Who can create an account with `register`. New values may be added.",
    {
        Registration.OPEN: "Everyone. `register` creates the account immediately, and returns "
        "ALREADY_EXISTS if the e-mail address has an account.",
        Registration.VERIFIED: "Everyone. The account is created when the link in the e-mail is opened.",
        Registration.INVITE: "Users with an invitation to a family; see `RegisterInput.invitationToken`.",
        Registration.CLOSED: "No one.",
    },
    name="RegistrationMode",
)

Id = Annotated[strawberry.ID, strawberry.argument(description="The id of the object.")]
Ids = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"The ids of the objects, at most {MAX_PAGE}.")
]


@strawberry.type(description="Public information about this server.")
class ServerInfo:
    version: str = strawberry.field(description="The version of InFocus GraphQL.")
    limits: OperationLimits = strawberry.field(description="The limits for a single operation.")
    registration: RegistrationMode = strawberry.field(description="Who can create an account.")
    passkeys_enabled: bool = strawberry.field(description="Whether passkeys are available.")
    access_token_minutes: int = strawberry.field(description="The lifetime of an access token, in minutes.")
    refresh_token_days: int = strawberry.field(
        description="The number of days after which an unused refresh token expires."
    )
    attributions: list[Attribution] = strawberry.field(
        description="The sources of the catalogue. Show them as their terms require, for example on a page "
        "`About`, and JustWatch beside all streaming offers."
    )


@strawberry.type
class NodeQueries:
    """Root query fields to refetch objects by id (Relay), and to read facts about the server."""

    @query(access=anyone, declared=RootNode(several=False))
    async def node(info: Info, id: Id) -> Node | None:  # noqa: A002, N805
        """Returns the object with this id; null if it does not exist or the viewer can't see it."""
        found: Node | None = await info.context.node(id)
        return found

    @query(access=anyone, declared=RootNode(several=True))
    async def nodes(info: Info, ids: Ids) -> list[Node | None]:  # noqa: N805
        """
        Returns the objects with these ids, in the order of `ids`. An item is null if the object does not
        exist or the viewer can't see it.
        """
        if len(ids) > MAX_PAGE:
            raise too_many_ids()
        return await info.context.nodes(ids)

    @query(access=anyone)
    async def server_info(info: Info) -> ServerInfo:  # noqa: N805
        """Returns public information about this server, such as its limits."""
        settings = info.context.services.settings
        return ServerInfo(
            version=__version__,
            limits=operation_limits(settings),
            registration=settings.registration_mode,
            passkeys_enabled=passkeys_installed() and settings.relying_party is not None,
            access_token_minutes=settings.access_token_minutes,
            refresh_token_days=settings.refresh_token_days,
            attributions=attributions(),
        )
