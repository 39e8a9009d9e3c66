"""GraphQL types of recommendations and suggestions."""

from datetime import datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.db.links import link_by_keys
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.list_lengths import PEOPLE
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.recommendations import models, reads
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, many, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result

RecommendationStatus: TypeAlias = models.RecommendationStatus

publish_enum(
    RecommendationStatus,
    "The status of a recommendation.",
    {
        RecommendationStatus.PENDING: "The recipient has neither accepted nor rejected it.",
        RecommendationStatus.ACCEPTED: "The recipient accepted it.",
        RecommendationStatus.REJECTED: "The recipient rejected it.",
    },
)


@row_type(models.Recommendation)
class Recommendation(Node):
    """A title that one user recommended to another. Visible to these two users only."""

    media_item: refs.MediaItem = relation(models.Recommendation.media_item, "The title.")
    from_user: refs.User | None = relation(
        models.Recommendation.from_user, "The sender; null if the viewer no longer shares a family with them."
    )
    to_user: refs.User | None = relation(
        models.Recommendation.to_user,
        "The recipient; null if the viewer no longer shares a family with them.",
    )
    message: str | None = column(
        models.Recommendation.message, "The message of the sender; null if there is none."
    )
    status: RecommendationStatus = column(
        models.Recommendation.status, "The status of the recommendation.", name="recommendationStatus"
    )
    outcome: refs.WatchlistEntry | None = relation(
        reads.OUTCOME,
        "The recipient's watchlist entry for the title; null unless the recommendation was "
        "accepted and the viewer can see the entry.",
    )
    created_at: datetime = column(models.Recommendation.created_at, "When the recommendation was sent.")
    updated_at: datetime = column(
        models.Recommendation.updated_at, "When the recommendation was last changed."
    )


@row_type(reads.Suggestion)
class Suggestion:
    """A suggested title: members of the viewer's families track it, and the viewer does not."""

    media_item: refs.MediaItem = relation(reads.Suggestion.media_item, "The title.")
    score: float = column(
        reads.Suggestion.score,
        "The score: `3 * familyAverage + 2 * familyEntryCount + tmdbRating / 2 + "
        "statusWeight`, with null as 0.",
    )
    family_average: float | None = column(
        reads.Suggestion.family_average,
        "The average rating of the family members, 1-10; null if there are no ratings.",
    )
    family_entry_count: int = column(
        reads.Suggestion.family_entry_count, "The number of family members who track the title."
    )
    tmdb_rating: float | None = column(reads.Suggestion.tmdb_rating, "The rating at TMDB, 0-10.")
    status_weight: float = column(
        reads.Suggestion.status_weight,
        "The average over the family members' entries, with COMPLETED as 2, WATCHING as 1 and "
        "NOT_WATCHED as 0.",
    )
    family_entries: list[refs.WatchlistEntry] = many(
        link_by_keys(reads.Suggestion.entry_ids, WatchlistEntry),
        "The family members' entries that the score is computed from.",
        length=PEOPLE,
    )


_RECEIVED = "The id of a recommendation that the viewer received."


@strawberry.input(description="Input of `recommend`.")
class RecommendInput:
    media: refs.MediaRef = strawberry.field(description="The title to recommend.")
    to_user_ids: list[strawberry.ID] = strawberry.field(
        description="The ids of the recipients: 1-20 members of the viewer's families."
    )
    message: str | None = strawberry.field(
        description="A message to the recipients, at most 1,000 characters.", default=None
    )


@strawberry.type(description="Result of `recommend`.")
class RecommendPayload(Payload):
    ids: strawberry.Private[tuple[str, ...]] = ()
    recommendations: list[refs.Recommendation] = result(
        models.Recommendation,
        "The new recommendations, in the order of `toUserIds`; empty on failure.",
        many="ids",
    )
    media_item: refs.MediaItem | None = result(MediaItem, "The recommended title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `acceptRecommendation`.")
class AcceptRecommendationInput:
    id: strawberry.ID = strawberry.field(description=_RECEIVED)
    add_to_watchlist: bool = strawberry.field(
        description="Whether to add the title to the viewer's watchlist, if it is not there yet.",
        default=True,
    )


@strawberry.type(description="Result of `acceptRecommendation`.")
class AcceptRecommendationPayload(Payload):
    recommendation: refs.Recommendation | None = result(models.Recommendation, "The accepted recommendation.")
    entry: refs.WatchlistEntry | None = result(
        WatchlistEntry,
        "The viewer's entry for the title, new or existing; null if `addToWatchlist` is false.",
    )
    media_item: refs.MediaItem | None = result(MediaItem, "The recommended title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `rejectRecommendation`.")
class RejectRecommendationInput:
    id: strawberry.ID = strawberry.field(description=_RECEIVED)


@strawberry.type(description="Result of `rejectRecommendation`.")
class RejectRecommendationPayload(Payload):
    recommendation: refs.Recommendation | None = result(models.Recommendation, "The rejected recommendation.")
    media_item: refs.MediaItem | None = result(MediaItem, "The recommended title.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(description="Input of `withdrawRecommendation`.")
class WithdrawRecommendationInput:
    id: strawberry.ID = strawberry.field(description="The id of a recommendation that the viewer sent.")


@strawberry.type(description="Result of `withdrawRecommendation`.")
class WithdrawRecommendationPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted recommendation.", default=None
    )
    media_item: refs.MediaItem | None = result(MediaItem, "The title that was recommended.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
