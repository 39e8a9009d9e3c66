"""Root mutation fields of recommendations."""

import strawberry

from infocus_graphql.domains.media.fetching import with_title
from infocus_graphql.domains.recommendations import types, writes
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.root import mutation, signed_in


@strawberry.type
class RecommendationMutations:
    """Root mutation fields of recommendations."""

    @mutation(access=signed_in)
    async def recommend(context: Context, input: types.RecommendInput) -> types.RecommendPayload:
        """
        Recommends a title to members of the viewer's families. Either all recipients get a recommendation
        or none. A title of TMDB that the catalogue does not have yet is fetched first.
        """
        result = await with_title(
            context,
            input.media,
            lambda: context.transaction(
                writes.recommend,
                media=input.media,
                to_user_ids=input.to_user_ids,
                message=input.message,
            ),
        )
        return types.RecommendPayload(
            ids=tuple(result.ids), rows={"media_item": result.media_item_id, "viewer": context.viewer.id}
        )

    @mutation(access=signed_in)
    async def accept_recommendation(
        context: Context, input: types.AcceptRecommendationInput
    ) -> types.AcceptRecommendationPayload:
        """
        Accepts a recommendation that the viewer received. By default the title is added to the viewer's
        watchlist.
        """
        changed = await context.transaction(
            writes.accept_recommendation,
            recommendation_id=input.id,
            add_to_watchlist=input.add_to_watchlist,
        )
        return types.AcceptRecommendationPayload(
            rows={
                "recommendation": changed.recommendation_id,
                "entry": changed.entry_id,
                "media_item": changed.media_item_id,
                "viewer": context.viewer.id,
            }
        )

    @mutation(access=signed_in)
    async def reject_recommendation(
        context: Context, input: types.RejectRecommendationInput
    ) -> types.RejectRecommendationPayload:
        """Rejects a recommendation that the viewer received."""
        changed = await context.transaction(writes.reject_recommendation, recommendation_id=input.id)
        return types.RejectRecommendationPayload(
            rows={
                "recommendation": changed.recommendation_id,
                "media_item": changed.media_item_id,
                "viewer": context.viewer.id,
            }
        )

    @mutation(access=signed_in)
    async def withdraw_recommendation(
        context: Context, input: types.WithdrawRecommendationInput
    ) -> types.WithdrawRecommendationPayload:
        """Withdraws a pending recommendation that the viewer sent. It is deleted."""
        withdrawn = await context.transaction(writes.withdraw_recommendation, recommendation_id=input.id)
        return types.WithdrawRecommendationPayload(
            deleted_id=strawberry.ID(withdrawn.recommendation_id),
            rows={"media_item": withdrawn.media_item_id, "viewer": context.viewer.id},
        )
