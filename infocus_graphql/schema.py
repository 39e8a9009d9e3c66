"""The GraphQL schema: combines the root fields of all domains."""

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.schema.config import StrawberryConfig

from infocus_graphql import tables  # noqa: F401 - mappers and policies must exist before the GraphQL types
from infocus_graphql.domains import errors  # noqa: F401 - registers its types of errors
from infocus_graphql.domains.admin.queries import StaffQueries
from infocus_graphql.domains.events.subscriptions import EventSubscriptions
from infocus_graphql.domains.families.mutations import FamilyMutations
from infocus_graphql.domains.families.queries import FamilyQueries
from infocus_graphql.domains.identity.api_tokens.mutations import ApiTokenMutations
from infocus_graphql.domains.identity.mfa.mutations import SecondFactorMutations
from infocus_graphql.domains.identity.passkeys.mutations import PasskeyMutations
from infocus_graphql.domains.identity.sessions.mutations import SessionMutations
from infocus_graphql.domains.identity.user_settings.mutations import SettingsMutations
from infocus_graphql.domains.identity.users.mutations import UserMutations
from infocus_graphql.domains.identity.users.queries import UserQueries
from infocus_graphql.domains.media.mutations import MediaMutations
from infocus_graphql.domains.media.queries import MediaQueries
from infocus_graphql.domains.notifications.mutations import NotificationMutations
from infocus_graphql.domains.notifications.subscriptions import NotificationSubscriptions
from infocus_graphql.domains.pickers import PickerQueries
from infocus_graphql.domains.plays.mutations import PlayMutations
from infocus_graphql.domains.privacy.mutations import PersonalDataMutations
from infocus_graphql.domains.recommendations.mutations import RecommendationMutations
from infocus_graphql.domains.registration.mutations import IdentityMutations
from infocus_graphql.domains.search.queries import SearchQueries
from infocus_graphql.domains.streaming.queries import StreamingQueries
from infocus_graphql.domains.watchlists.mutations import WatchlistMutations
from infocus_graphql.graph.errors import ERROR_TYPES
from infocus_graphql.graph.executor import Executor
from infocus_graphql.graph.node import ROW_TYPES
from infocus_graphql.graph.node_queries import NodeQueries
from infocus_graphql.graph.rate_limits import RateQueries
from infocus_graphql.graph.scalars import SCALARS
from infocus_graphql.graph.strawberry_internals import core_schema


@strawberry.type(
    description="The queries. `viewer` returns the signed-in user, `family` one of their families, "
    "`mediaItem`, `discoverMedia` and `searchMedia` the public catalogue, `node` any object by its id."
)
class Query(
    UserQueries,
    MediaQueries,
    SearchQueries,
    FamilyQueries,
    StaffQueries,
    NodeQueries,
    RateQueries,
    StreamingQueries,
    PickerQueries,
):
    """The root query fields of all domains."""


@strawberry.type(
    description="The mutations. Each takes one `input` and returns a payload with the changed objects "
    "and `errors`. If `errors` is not empty, nothing was changed."
)
class Mutation(
    IdentityMutations,
    SessionMutations,
    SecondFactorMutations,
    PasskeyMutations,
    ApiTokenMutations,
    UserMutations,
    SettingsMutations,
    PersonalDataMutations,
    WatchlistMutations,
    PlayMutations,
    FamilyMutations,
    RecommendationMutations,
    NotificationMutations,
    MediaMutations,
):
    """The mutations of all domains."""


@strawberry.type(
    description="The subscriptions, over a WebSocket with the subprotocol `graphql-transport-ws` or as "
    "server-sent events. Each result has the id of its event in `extensions.eventId`."
)
class Subscription(EventSubscriptions, NotificationSubscriptions):
    """The subscriptions of all domains."""


DESCRIPTION = (
    "InFocus: families who track films and series together. Sign in with `signIn`, send the access token as "
    "`Authorization: Bearer …`, and start at `viewer`. Lists are Relay connections; private data is on "
    "`Viewer`; what a viewer may not see looks as if it did not exist."
)

schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    types=[*ROW_TYPES, *ERROR_TYPES],
    config=StrawberryConfig(scalar_map=SCALARS),
    execution_context_class=Executor,
)


def _drop_null_defaults(schema: GraphQLSchema) -> None:
    """Removes defaults of null, which only repeat that a value is optional."""
    inputs: list[GraphQLArgument | GraphQLInputField] = []
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            inputs += kind.fields.values()
        elif isinstance(kind, GraphQLObjectType):
            inputs += [argument for field in kind.fields.values() for argument in field.args.values()]
    for each in inputs:
        if each.default_value is None:
            each.default_value = Undefined


core_schema(schema).description = DESCRIPTION
_drop_null_defaults(core_schema(schema))


def sdl() -> str:
    """The schema in the schema definition language, as `schema.graphql` holds it."""
    return schema.as_str() + "\n"
