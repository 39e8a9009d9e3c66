"""Inputs and payloads of the mutations on titles and their offers."""

from datetime import date

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media import models
from infocus_graphql.domains.media.types.enums import OfferType
from infocus_graphql.domains.media.types.filters import MediaRef, TmdbRef
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import CountryCode


@strawberry.input(
    description="Input of `saveMediaItem`. Omitted fields keep their value. Null removes a value, "
    "except for `title`."
)
class SaveMediaItemInput:
    tmdb: TmdbRef = strawberry.field(
        description="The type and id at TMDB. The title is created if it is not in the catalogue."
    )
    title: str | None = strawberry.field(
        description="The title, 1-500 characters. Required for a new title; can't be null.",
        default=strawberry.UNSET,
    )
    description: str | None = strawberry.field(
        description="The description of the plot, at most 10,000 characters.", default=strawberry.UNSET
    )
    poster_path: str | None = strawberry.field(
        description="The path on TMDB's image server.", default=strawberry.UNSET
    )
    backdrop_path: str | None = strawberry.field(
        description="The path on TMDB's image server.", default=strawberry.UNSET
    )
    release_date: date | None = strawberry.field(
        description="The date of the first release.", default=strawberry.UNSET
    )
    rating: float | None = strawberry.field(
        description="The rating at TMDB, 0-10, rounded to three fraction digits. 0 means that there are "
        "no votes, and is stored as null.",
        default=strawberry.UNSET,
    )
    genres: list[str] | None = strawberry.field(
        description="The genres. They replace the current ones; null removes all.", default=strawberry.UNSET
    )
    creators: list[str] | None = strawberry.field(
        description="The creators. They replace the current ones; null removes all.", default=strawberry.UNSET
    )


@strawberry.type(description="Result of `saveMediaItem`.")
class SaveMediaItemPayload(Payload):
    media_item: refs.MediaItem | None = result(models.MediaItem, "The saved title; null on failure.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `deleteMediaItem`.")
class DeleteMediaItemInput:
    id: strawberry.ID = strawberry.field(description="The id of the title.")


@strawberry.type(description="Result of `deleteMediaItem`.")
class DeleteMediaItemPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted object; null on failure.", default=None
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(
    description="Input of `saveStreamingProvider`. Title, provider and offer type identify the "
    "streaming provider. If omitted, `url` and `regions` keep their value; null removes "
    "it."
)
class SaveStreamingProviderInput:
    media: MediaRef = strawberry.field(description="The title that the provider offers.")
    provider: str = strawberry.field(description="The name of the provider, 1-100 characters.")
    offer_type: OfferType = strawberry.field(
        description="The type of the offer.", default=OfferType.SUBSCRIPTION
    )
    url: str | None = strawberry.field(
        description="The http or https URL of the title at the provider.", default=strawberry.UNSET
    )
    regions: list[CountryCode] | None = strawberry.field(
        description="The countries in which the offer is available. They replace the current ones.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="Result of `saveStreamingProvider`.")
class SaveStreamingProviderPayload(Payload):
    streaming_provider: refs.StreamingProvider | None = result(
        models.StreamingProvider, "The saved streaming provider; null on failure."
    )
    media_item: refs.MediaItem | None = result(models.MediaItem, "The title of the streaming provider.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `deleteStreamingProvider`.")
class DeleteStreamingProviderInput:
    id: strawberry.ID = strawberry.field(description="The id of the streaming provider.")


@strawberry.type(description="Result of `deleteStreamingProvider`.")
class DeleteStreamingProviderPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted object; null on failure.", default=None
    )
    media_item: refs.MediaItem | None = result(models.MediaItem, "The title of the streaming provider.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
