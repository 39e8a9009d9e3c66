"""GraphQL types of the viewer's settings."""

import strawberry

from infocus_graphql.db.links import Link
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.user_settings.reads import is_own_service, own_setting
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.list_lengths import OWN_SERVICES
from infocus_graphql.domains.streaming.models import StreamingService
from infocus_graphql.graph.fields import computed, many
from infocus_graphql.graph.node import row_type
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import CountryCode, LanguageTag, TimeZone


@row_type(User)
class UserSettings:
    """
    The settings of the viewer. Region, language and time zone are null until the viewer sets them with
    `updateSettings`; the server assumes none.
    """

    region: CountryCode | None = computed(
        User, own_setting("region"), "The country in which the viewer watches; null if not set."
    )
    language: LanguageTag | None = computed(
        User, own_setting("language"), "The language in which the viewer reads texts; null if not set."
    )
    time_zone: TimeZone | None = computed(
        User, own_setting("time_zone"), "The time zone of the viewer; null if not set."
    )
    streaming_services: list[refs.StreamingService] = many(
        Link(StreamingService, is_own_service, User),
        "The streaming services that the viewer has, in TMDB's order of services.",
        order=(lambda service: service.priority, lambda service: service.name_sort),
        length=OWN_SERVICES,
    )


@strawberry.input(
    description="Input of `updateSettings`. Omitted settings keep their value; null resets one."
)
class UpdateSettingsInput:
    region: CountryCode | None = strawberry.field(
        description="The country in which the viewer watches.", default=strawberry.UNSET
    )
    language: LanguageTag | None = strawberry.field(
        description="The language in which the viewer reads texts.", default=strawberry.UNSET
    )
    time_zone: TimeZone | None = strawberry.field(
        description="The time zone of the viewer.", default=strawberry.UNSET
    )
    streaming_service_ids: list[strawberry.ID] | None = strawberry.field(
        description="The streaming services that the viewer has, at most 50. They replace the current ones; "
        "null removes all.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="Result of `updateSettings`.")
class UpdateSettingsPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer with the changed settings; null on failure.")
