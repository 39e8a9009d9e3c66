"""Root fields that are independent of domains: `node`, `nodes` and `serverInfo`."""

from typing import Annotated, TypeAlias

import strawberry

from infocus_graphql import __version__
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.declarations import RootNode
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.list_lengths import MAX_PAGE
from infocus_graphql.graph.node import Node
from infocus_graphql.graph.root import anyone, query
from infocus_graphql.graph.server_limits import OperationLimits, operation_limits
from infocus_graphql.security.passkey_support import passkeys_installed
from infocus_graphql.settings import Registration

RegistrationMode: TypeAlias = Registration
publish_enum(
    RegistrationMode,
    "Who can make an account, and how. The list may grow.",
    {
        Registration.OPEN: "Anybody, at once; `register` tells when an address has an account already.",
        Registration.VERIFIED: "Anybody; the account is made when the link in a mail is opened.",
        Registration.INVITE: "Who has an invitation to a family; see `RegisterInput.invitationToken`.",
        Registration.CLOSED: "Nobody.",
    },
    name="RegistrationMode",
)

Id = Annotated[strawberry.ID, strawberry.argument(description="The object's id.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MAX_PAGE} ids.")]


@strawberry.type(description="What a client may want to know about this server.")
class ServerInfo:
    version: str = strawberry.field(description="The version of InFocus GraphQL.")
    max_page_size: int = strawberry.field(description="The largest `first` and `last`.")
    max_body_bytes: int = strawberry.field(description="The largest request body.")
    limits: OperationLimits = strawberry.field(description="What an operation may have and cost.")
    registration: RegistrationMode = strawberry.field(description="Who can make an account here, and how.")
    passkeys_enabled: bool = strawberry.field(description="Whether the server supports passkeys.")
    access_token_minutes: int = strawberry.field(description="How long an access token lives.")
    refresh_token_days: int = strawberry.field(
        description="How long a refresh token lives without being used."
    )


@strawberry.type
class NodeQueries:
    """Root query fields to refetch objects by id (Relay), and to read facts about the server."""

    @query(access=anyone, declared=RootNode(several=False))
    async def node(info: Info, id: Id) -> Node | None:  # noqa: A002, N805
        """Any object by its id; null when there is none, or none that the viewer may see."""
        found: Node | None = await info.context.node(id)
        return found

    @query(access=anyone, declared=RootNode(several=True))
    async def nodes(info: Info, ids: Ids) -> list[Node | None]:  # noqa: N805
        """Several objects by their ids, in the order asked for; null in place of those that can't be seen."""
        if len(ids) > MAX_PAGE:
            raise bad_input(f"At most {MAX_PAGE} ids are allowed.", "ids")
        return await info.context.nodes(ids)

    @query(access=anyone)
    async def server_info(info: Info) -> ServerInfo:  # noqa: N805
        """Facts about this server and its limits."""
        settings = info.context.services.settings
        return ServerInfo(
            version=__version__,
            max_page_size=MAX_PAGE,
            max_body_bytes=settings.max_body_bytes,
            limits=operation_limits(settings),
            registration=settings.registration_mode,
            passkeys_enabled=passkeys_installed() and settings.relying_party is not None,
            access_token_minutes=settings.access_token_minutes,
            refresh_token_days=settings.refresh_token_days,
        )
