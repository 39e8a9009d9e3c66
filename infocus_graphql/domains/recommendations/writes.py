"""Creates, accepts, rejects and withdraws recommendations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, false, select, text
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.errors import ErrorCode, Problems, not_found, refused
from infocus_graphql.core.text import check_count, validated_text_or_none
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.sql_types import Arguments, MappedRow
from infocus_graphql.db.visibility import sql_viewer, visible
from infocus_graphql.domains.families.policy import shares_family
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.reads import media_ref_arguments
from infocus_graphql.domains.media.writes import lock_media_item
from infocus_graphql.domains.recommendations.models import (
    MAX_MESSAGE,
    Recommendation,
    RecommendationStatus,
)
from infocus_graphql.domains.watchlists.writes import ensure_on_watchlist

MAX_RECIPIENTS: Final = 20

_USER_ID: Final[ColumnElement[str]] = User.__table__.c.id
# ON CONFLICT DO UPDATE … WHERE false changes nothing but locks the pending recommendation, so that it
# can't be accepted or rejected before its id is read.
_LOCK_EXISTING: Final[Arguments] = {
    "index_elements": ["from_user_id", "to_user_id", "media_item_id"],
    "index_where": text("status = 'pending'"),
    "set_": {"message": Recommendation.message},
    "where": false(),
}


@dataclass(frozen=True)
class Recommended:
    """The ids of new recommendations and of their title."""

    ids: Sequence[str]
    media_item_id: str


async def recommend(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    media: MappedRow,
    to_user_ids: Sequence[str],
    message: str | None = None,
) -> Recommended:
    """Recommends a title (a `MediaRef`) to members of the viewer's families: to all of them or to none."""
    with Problems() as problems:
        title = problems.of(media_ref_arguments, media, "media")
        problems.of(check_count, len(to_user_ids), "toUserIds", maximum=MAX_RECIPIENTS, minimum=1)
        words = problems.of(
            validated_text_or_none, message, "message", maximum=MAX_MESSAGE, keep_line_breaks=True
        )
        media_item_id = await problems.collect(lock_media_item(work, title)) if title else ""
        if len(to_user_ids) <= MAX_RECIPIENTS:
            await _check_recipients(problems, work, viewer, to_user_ids)
    ids_by_index = {}
    # In the order of the ids, so that two transactions that lock the same rows can't deadlock.
    for index, user_id in sorted(enumerate(to_user_ids), key=lambda pair: pair[1]):
        key = {"from_user_id": viewer.id, "to_user_id": user_id, "media_item_id": media_item_id}
        ids_by_index[index] = await _propose(work, key, words, ("toUserIds", str(index)))
    return Recommended([ids_by_index[index] for index in range(len(to_user_ids))], media_item_id)


@dataclass(frozen=True)
class Changed:
    """The ids of a changed recommendation, of its title, and of the recipient's entry if one was added."""

    recommendation_id: str
    media_item_id: str
    entry_id: str | None = None


async def accept_recommendation(
    work: UnitOfWork, viewer: Viewer, *, recommendation_id: str, add_to_watchlist: bool
) -> Changed:
    """Accepts a recommendation to the viewer. `add_to_watchlist` adds the title to their list if missing."""
    recommendation = await _pending_for(work, viewer, recommendation_id)
    entry_id = None
    if add_to_watchlist:
        entry_id = await ensure_on_watchlist(
            work, user_id=recommendation.to_user_id, media_item_id=recommendation.media_item_id
        )
    recommendation.status = RecommendationStatus.ACCEPTED
    return Changed(recommendation.id, recommendation.media_item_id, entry_id)


async def reject_recommendation(work: UnitOfWork, viewer: Viewer, *, recommendation_id: str) -> Changed:
    """Rejects a recommendation to the viewer."""
    recommendation = await _pending_for(work, viewer, recommendation_id)
    recommendation.status = RecommendationStatus.REJECTED
    return Changed(recommendation.id, recommendation.media_item_id)


async def withdraw_recommendation(work: UnitOfWork, viewer: Viewer, *, recommendation_id: str) -> Changed:
    """Deletes a pending recommendation that the viewer sent."""
    recommendation = await _locked(work, viewer, recommendation_id)
    if recommendation.from_user_id != viewer.id:
        raise refused(ErrorCode.FORBIDDEN, "Only the sender can withdraw a recommendation.", "id")
    _check_pending(recommendation)
    await work.session.execute(delete(Recommendation).where(Recommendation.id == recommendation.id))
    return Changed(recommendation.id, recommendation.media_item_id)


async def _check_recipients(
    problems: Problems, work: UnitOfWork, viewer: Viewer, to_user_ids: Sequence[str]
) -> None:
    """Adds errors for the viewer's own id, duplicates, and users who share no family with the viewer."""
    relatives = set(
        await work.session.scalars(
            select(User.id).where(User.id.in_(to_user_ids), shares_family(_USER_ID, sql_viewer(viewer)))
        )
    )
    for index, user_id in enumerate(to_user_ids):
        path = ("toUserIds", str(index))
        if user_id == viewer.id:
            problems.add(refused(ErrorCode.INVALID, "You can't recommend a title to yourself.", *path))
        elif user_id in to_user_ids[:index]:
            problems.add(refused(ErrorCode.INVALID, "Each recipient can be named only once.", *path))
        elif user_id not in relatives:
            message = "This user is not in any of your families."
            problems.add(refused(ErrorCode.NOT_FOUND, message, *path))


async def _propose(
    work: UnitOfWork, key: Mapping[str, Any], message: str | None, path: tuple[str, ...]
) -> str:
    recommendation_id: str | None = await work.session.scalar(
        insert(Recommendation)
        .values(**key, message=message)
        .on_conflict_do_update(**_LOCK_EXISTING)
        .returning(Recommendation.id)
    )
    if recommendation_id is not None:
        return recommendation_id
    pending = select(Recommendation.id).filter_by(**key, status=RecommendationStatus.PENDING)
    raise refused(
        ErrorCode.ALREADY_EXISTS,
        "You have already recommended this title to this user.",
        *path,
        existing_id=await work.session.scalar(pending),
    )


async def _locked(work: UnitOfWork, viewer: Viewer, recommendation_id: str) -> Recommendation:
    """Returns the recommendation, locked; NOT_FOUND unless the viewer can see it."""
    recommendation = await work.session.scalar(
        select(Recommendation)
        .where(Recommendation.id == recommendation_id, visible(Recommendation, sql_viewer(viewer)))
        .with_for_update()
    )
    if recommendation is None:
        raise not_found("recommendation", "id")
    return recommendation


async def _pending_for(work: UnitOfWork, viewer: Viewer, recommendation_id: str) -> Recommendation:
    """Returns a pending recommendation to the viewer, locked."""
    recommendation = await _locked(work, viewer, recommendation_id)
    if recommendation.to_user_id != viewer.id:
        raise refused(ErrorCode.FORBIDDEN, "Only the recipient can accept or reject a recommendation.", "id")
    _check_pending(recommendation)
    return recommendation


def _check_pending(recommendation: Recommendation) -> None:
    if recommendation.status is not RecommendationStatus.PENDING:
        raise refused(
            ErrorCode.ALREADY_PROCESSED, "This recommendation has already been accepted or rejected.", "id"
        )
