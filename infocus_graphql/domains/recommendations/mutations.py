"""Root mutation fields of recommendations."""

import strawberry

from infocus_graphql.domains.media.reads import reference
from infocus_graphql.domains.recommendations import types, writes
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.root import mutation, signed_in


@strawberry.type
class RecommendationMutations:
    """Proposing titles."""

    @mutation(access=signed_in)
    async def recommend(context: Context, input: types.RecommendInput) -> types.RecommendPayload:
        """Proposes a title to members of the viewer's families: to all of them or, refused, to nobody."""
        made = await context.write(
            writes.recommend,
            media=reference(input.media),
            to_user_ids=input.to_user_ids,
            message=input.message,
        )
        return types.RecommendPayload(ids=tuple(made))

    @mutation(access=signed_in)
    async def answer_recommendation(
        context: Context, input: types.AnswerRecommendationInput
    ) -> types.AnswerRecommendationPayload:
        """The recipient accepts or rejects. An accepted title goes onto their list unless it is there."""
        recommendation, entry = await context.write(
            writes.answer_recommendation,
            recommendation_id=input.id,
            accept=input.accept,
            add_to_watchlist=input.add_to_watchlist,
        )
        return types.AnswerRecommendationPayload(rows={"recommendation": recommendation, "entry": entry})

    @mutation(access=signed_in)
    async def withdraw_recommendation(
        context: Context, input: types.WithdrawRecommendationInput
    ) -> types.WithdrawRecommendationPayload:
        """The sender takes back what was not answered yet."""
        withdrawn = await context.write(writes.withdraw_recommendation, recommendation_id=input.id)
        return types.WithdrawRecommendationPayload(deleted_id=strawberry.ID(withdrawn))
