"""Inputs and payloads of the mutations on users."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users import models
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import JSONObject


@strawberry.input(description="Input of `updateProfile`. Omitted fields keep their value.")
class UpdateProfileInput:
    name: str | None = strawberry.field(
        description="The name, 1-100 characters; null removes it.", default=strawberry.UNSET
    )
    bio: str | None = strawberry.field(
        description="A text about the user, at most 2,000 characters; null removes it.",
        default=strawberry.UNSET,
    )
    avatar: str | None = strawberry.field(
        description="The http or https URL of a picture, at most 2,048 characters; null removes it.",
        default=strawberry.UNSET,
    )
    preferences: JSONObject | None = strawberry.field(
        description="Preferences of client applications. They are merged into the current ones as a JSON "
        "merge patch (RFC 7396): null removes a key. At most 16,384 bytes and 10 levels in "
        "total. Null removes all preferences.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="Result of `updateProfile`.")
class UpdateProfilePayload(Payload):
    viewer: refs.Viewer | None = result(models.User, "The updated viewer; null on failure.")
