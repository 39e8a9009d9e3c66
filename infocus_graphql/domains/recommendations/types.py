"""GraphQL types of recommendations and suggestions."""

from datetime import datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.db.links import link_by_keys
from infocus_graphql.domains.recommendations import models, reads
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.graph import refs
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, many, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result

RecommendationStatus: TypeAlias = models.RecommendationStatus

publish_enum(
    RecommendationStatus,
    "What the recipient made of a recommendation.",
    {
        RecommendationStatus.PENDING: "Not answered yet.",
        RecommendationStatus.ACCEPTED: "Wants to see it.",
        RecommendationStatus.REJECTED: "Doesn't.",
    },
)


@row_type(models.Recommendation)
class Recommendation(Node):
    """A title that one person proposed to another. Both of them see it, nobody else."""

    media_item: refs.MediaItem = relation(models.Recommendation.media_item, "The title.")
    from_user: refs.User | None = relation(
        models.Recommendation.from_user, "Who proposed it; null when you no longer share a family."
    )
    to_user: refs.User | None = relation(
        models.Recommendation.to_user, "To whom; null when you no longer share a family."
    )
    message: str | None = column(models.Recommendation.message, "A few words with it.")
    status: RecommendationStatus = column(models.Recommendation.status, "What the recipient made of it.")
    outcome: refs.WatchlistEntry | None = relation(
        reads.OUTCOME,
        "The recipient's entry for the title, once accepted and as far as the viewer may see it.",
    )
    created_at: datetime = column(models.Recommendation.created_at, "When it was made.")
    updated_at: datetime = column(
        models.Recommendation.updated_at, "When it was answered, else when it was made."
    )


@row_type(reads.Suggestion)
class Suggestion:
    """A title that the viewer's families know and the viewer doesn't track, and why it has its score."""

    media_item: refs.MediaItem = relation(reads.Suggestion.media_item, "The title.")
    score: float = column(
        reads.Suggestion.score,
        "3 * familyAverage + 2 * familyEntryCount + tmdbRating / 2 + statusWeight; what is missing counts 0.",
    )
    family_average: float | None = column(
        reads.Suggestion.family_average,
        "The mean of the families' ratings, 1-10; null when nobody has rated it.",
    )
    family_entry_count: int = column(reads.Suggestion.family_entry_count, "How many family members track it.")
    tmdb_rating: float | None = column(reads.Suggestion.tmdb_rating, "TMDB's rating, 0-10.")
    status_weight: float = column(
        reads.Suggestion.status_weight,
        "The mean over the entries of: completed 2, watching 1, not watched 0.",
    )
    watched_by: list[refs.WatchlistEntry] = many(
        link_by_keys(reads.Suggestion.entry_ids, WatchlistEntry), "The entries that it was computed from."
    )


@strawberry.input(description="A title and the people to propose it to.")
class RecommendInput:
    """See writes.recommend."""

    media: refs.MediaRef = strawberry.field(description="The title.")
    to_user_ids: list[strawberry.ID] = strawberry.field(
        description="1-20 members of your families, all or none."
    )
    message: str | None = strawberry.field(description="At most 1,000 characters.", default=None)


@strawberry.type(description="The new recommendations.")
class RecommendPayload(Payload):
    """What recommend answers."""

    ids: strawberry.Private[tuple[str, ...]] = ()
    recommendations: list[refs.Recommendation] = result(
        models.Recommendation,
        "One for each recipient, in their order; empty when it was refused.",
        many="ids",
    )


@strawberry.input(description="An answer to a recommendation.")
class AnswerRecommendationInput:
    """See writes.answer_recommendation."""

    id: strawberry.ID = strawberry.field(description="The recommendation.")
    accept: bool = strawberry.field(description="Whether you want to see it.")
    add_to_watchlist: bool = strawberry.field(
        description="Whether an accepted title goes onto your list, unless it is there.", default=True
    )


@strawberry.type(description="The answered recommendation.")
class AnswerRecommendationPayload(Payload):
    """What answerRecommendation answers."""

    recommendation: refs.Recommendation | None = result(
        models.Recommendation, "The recommendation as it is now."
    )
    entry: refs.WatchlistEntry | None = result(
        WatchlistEntry, "Your entry for the title, new or there before; null when it was not asked for."
    )


@strawberry.input(description="Which recommendation to take back.")
class WithdrawRecommendationInput:
    """By id."""

    id: strawberry.ID = strawberry.field(description="The recommendation.")


@strawberry.type(description="What was withdrawn.")
class WithdrawRecommendationPayload(Payload):
    """What withdrawRecommendation answers."""

    deleted_id: strawberry.ID | None = strawberry.field(description="The id of what is gone.", default=None)
