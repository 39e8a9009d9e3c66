"""Orders and filters of recommendations, and the suggestions computed from the viewer's families."""

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Double,
    Text,
    and_,
    any_,
    cast,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, aliased
from sqlalchemy.util import immutabledict

from infocus_graphql.core.ids import check_ids
from infocus_graphql.db.base import Base, to_one
from infocus_graphql.db.batch_queries import Filter, Names
from infocus_graphql.db.correlation import exists
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlSelect, SqlValue
from infocus_graphql.db.visibility import VIEWER, SqlViewer, visibility
from infocus_graphql.domains.families.models import Family, FamilyMembership
from infocus_graphql.domains.families.policy import is_member
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.recommendations.models import Recommendation, RecommendationStatus
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.domains.watchlists.reads import status_weight

NEWEST = Order("CREATED_AT", (SortKey(lambda recommendation: recommendation.created_at),), descending=True)
BEST = Order("SCORE", (SortKey(lambda suggestion: suggestion.score),), descending=True)

STATUSES = Filter(
    ARRAY(Recommendation.status.type), lambda recommendation, values: recommendation.status == any_(values)
)


def _not_of_viewer(ids: SqlValue, parent: MappedRow) -> SqlSelect:
    wanted: SqlValue = func.unnest(ids).column_valued("wanted")
    return select(wanted).where(~is_member(wanted, VIEWER))


# The parameter is an array, because the check for unknown ids takes one.
OF_FAMILY = Filter(
    ARRAY(Text()),
    lambda suggestion, ids: suggestion.family_id == any_(ids),
    convert=lambda family_id: [family_id],
    absent=lambda suggestion: suggestion.family_id.is_(None),
    check=partial(check_ids, "fa", "family"),
    names=Names("the id of one of your families", _not_of_viewer),
)


def _between_members(family: MappedRow, recommendation: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    sender, recipient = aliased(FamilyMembership), aliased(FamilyMembership)
    return and_(
        exists(
            select(sender.id).where(
                sender.family_id == family.id, sender.user_id == recommendation.from_user_id
            ),
            sender,
        ),
        exists(
            select(recipient.id).where(
                recipient.family_id == family.id, recipient.user_id == recommendation.to_user_id
            ),
            recipient,
        ),
    )


IN_FAMILY = Link(Recommendation, _between_members, Family)
OUTCOME = Link(
    WatchlistEntry,
    lambda recommendation, entry, viewer: and_(
        recommendation.status == RecommendationStatus.ACCEPTED,
        entry.user_id == recommendation.to_user_id,
        entry.media_item_id == recommendation.media_item_id,
    ),
    Recommendation,
)


def _scored(entries: SqlSelect) -> SqlSelect:
    """Scores titles: 3 x mean family rating + 2 x entries + TMDB rating / 2 + mean weight of the status."""
    entry = entries.subquery()
    item, own = aliased(MediaItem), aliased(WatchlistEntry)
    mean = func.avg(entry.c.rating).cast(Double)
    number = func.count()
    weight = func.avg(entry.c.weight).cast(Double)
    score = 3 * func.coalesce(mean, 0.0) + 2 * number + func.coalesce(item.rating, 0.0) * 0.5 + weight
    return (
        select(
            func.concat(entry.c.family_id, ":", item.id).label("id"),
            entry.c.family_id,
            item.id.label("media_item_id"),
            score.label("score"),
            mean.label("family_average"),
            number.label("family_entry_count"),
            item.rating.label("tmdb_rating"),
            weight.label("status_weight"),
            func.array_agg(aggregate_order_by(entry.c.id, entry.c.id.asc()), type_=ARRAY(Text())).label(
                "entry_ids"
            ),
        )
        .join(item, item.id == entry.c.media_item_id)
        .where(~exists(select(own.id).where(own.user_id == VIEWER.id, own.media_item_id == item.id), own))
        .group_by(entry.c.family_id, item.id)
    )


def _suggestions() -> Any:
    entry, viewer_membership, other_membership = (
        aliased(WatchlistEntry),
        aliased(FamilyMembership),
        aliased(FamilyMembership),
    )
    columns: list[Any] = [entry.id, entry.media_item_id, entry.rating, status_weight(entry).label("weight")]
    together = (
        select(other_membership.user_id, other_membership.family_id)
        .join(viewer_membership, viewer_membership.family_id == other_membership.family_id)
        .where(
            viewer_membership.user_id == VIEWER.id,
            other_membership.shares_watchlist,
            other_membership.user_id != VIEWER.id,
        )
    )
    pairs = together.subquery()
    in_each = select(*columns, pairs.c.family_id).join(pairs, pairs.c.user_id == entry.user_id)
    # A member of two of the viewer's families counts once in the suggestions from all families.
    people = together.with_only_columns(other_membership.user_id).distinct().subquery()
    nowhere = cast(null(), Text).label("family_id")
    in_all = select(*columns, nowhere).join(people, people.c.user_id == entry.user_id)
    return union_all(_scored(in_all), _scored(in_each)).subquery("suggestions")


class Suggestion(Base):
    """A title on the lists of the viewer's families but not on the viewer's. Computed, not stored.

    `family_id` is NULL for the suggestions from all families together.
    """

    __table__ = _suggestions()
    __mapper_args__ = immutabledict({"primary_key": [__table__.c.id], "eager_defaults": False})

    if TYPE_CHECKING:
        media_item_id: Mapped[str]
        score: Mapped[float]
        family_average: Mapped[float | None]
        family_entry_count: Mapped[int]
        tmdb_rating: Mapped[float | None]
        status_weight: Mapped[float]
        entry_ids: Mapped[list[str]]

    media_item = to_one(
        None,
        argument=MediaItem,
        primaryjoin=lambda: MediaItem.id == Suggestion.media_item_id,
        foreign_keys=lambda: [Suggestion.media_item_id],
        viewonly=True,
    )


@visibility(Suggestion)
def visible_suggestions(suggestion: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All suggestions: they are computed for the viewer, from entries that the viewer can see."""
    return true()


SUGGESTIONS = Link(Suggestion, lambda user, suggestion, viewer: literal(True), User)
