"""Root mutation fields of the catalogue, for staff."""

import strawberry

from infocus_graphql.db.sql_types import Arguments
from infocus_graphql.domains.media import writes
from infocus_graphql.domains.media.types import inputs
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.inputs import provided_fields
from infocus_graphql.graph.root import mutation, staff


@strawberry.type
class MediaMutations:
    """Root mutation fields of the catalogue."""

    @mutation(access=staff)
    async def save_media_item(
        context: Context, input: inputs.SaveMediaItemInput
    ) -> inputs.SaveMediaItemPayload:
        """Creates a title, or changes the title with this type and id at TMDB."""
        values: Arguments = provided_fields(input, without=("tmdb",))
        saved = await context.transaction(
            writes.save_media_item, tmdb_type=input.tmdb.type, tmdb_id=input.tmdb.id, **values
        )
        return inputs.SaveMediaItemPayload(rows={"media_item": saved, "viewer": context.viewer.id})

    @mutation(access=staff)
    async def delete_media_item(
        context: Context, input: inputs.DeleteMediaItemInput
    ) -> inputs.DeleteMediaItemPayload:
        """
        Deletes a title and its streaming providers. Returns IN_USE if a user tracks it or has recommended
        it.
        """
        deleted = await context.transaction(writes.delete_media_item, media_item_id=input.id)
        return inputs.DeleteMediaItemPayload(
            deleted_id=strawberry.ID(deleted), rows={"viewer": context.viewer.id}
        )

    @mutation(access=staff)
    async def save_streaming_provider(
        context: Context, input: inputs.SaveStreamingProviderInput
    ) -> inputs.SaveStreamingProviderPayload:
        """Creates or changes a streaming provider of a title."""
        values: Arguments = provided_fields(input, without=("media", "provider", "offer_type"))
        saved = await context.transaction(
            writes.save_streaming_provider,
            media=input.media,
            provider=input.provider,
            offer_type=input.offer_type,
            **values,
        )
        return inputs.SaveStreamingProviderPayload(
            rows={
                "streaming_provider": saved.provider_id,
                "media_item": saved.media_item_id,
                "viewer": context.viewer.id,
            }
        )

    @mutation(access=staff)
    async def delete_streaming_provider(
        context: Context, input: inputs.DeleteStreamingProviderInput
    ) -> inputs.DeleteStreamingProviderPayload:
        """Deletes a streaming provider of a title."""
        removed = await context.transaction(writes.delete_streaming_provider, provider_id=input.id)
        return inputs.DeleteStreamingProviderPayload(
            deleted_id=strawberry.ID(removed.provider_id),
            rows={"media_item": removed.media_item_id, "viewer": context.viewer.id},
        )
