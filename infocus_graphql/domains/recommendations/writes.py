"""Recommending a title to somebody, answering, and withdrawing."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.errors import ErrorCode, not_found, refused
from infocus_graphql.core.text import at_most, cleaned_or_none
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.visibility import sql_viewer, visible
from infocus_graphql.domains.accounts.models import User
from infocus_graphql.domains.families.policy import shares_family
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.media.reads import named, unknown_title
from infocus_graphql.domains.recommendations.models import (
    MAX_MESSAGE,
    Recommendation,
    RecommendationStatus,
)
from infocus_graphql.domains.watchlists.writes import ensure_on_watchlist

MAX_RECIPIENTS = 20


async def recommend(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    media: dict[str, Any],
    to_user_ids: Sequence[str],
    message: str | None = None,
) -> list[str]:
    """Proposes a title to people who share a family with the viewer: to all of them, or to nobody."""
    at_most(len(to_user_ids), "toUserIds", maximum=MAX_RECIPIENTS, minimum=1)
    text = cleaned_or_none(message, "message", maximum=MAX_MESSAGE)
    media_item_id = await work.session.scalar(select(MediaItem.id).where(named(**media)))
    if media_item_id is None:
        raise unknown_title()
    known = await work.session.scalars(
        select(User.id).where(User.id.in_(to_user_ids), shares_family(User.id, sql_viewer(viewer)))
    )
    relatives = set(known)
    made = []
    for index, user_id in enumerate(to_user_ids):
        path = ("toUserIds", str(index))
        if user_id == viewer.id:
            raise refused(ErrorCode.INVALID, "A recommendation goes to somebody else.", *path)
        if user_id not in relatives:
            raise not_found("member of your families", *path)
        made.append(await _propose(work, viewer, media_item_id, user_id, text, path))
    return made


async def answer_recommendation(
    work: UnitOfWork, viewer: Viewer, *, recommendation_id: str, accept: bool, add_to_watchlist: bool = True
) -> tuple[str, str | None]:
    """The recipient accepts (and the title goes onto their list unless it is there) or rejects."""
    recommendation = await _pending(work, viewer, recommendation_id)
    if recommendation.to_user_id != viewer.id:
        raise refused(ErrorCode.NOT_ALLOWED, "Only the recipient can answer a recommendation.", "id")
    entry_id = None
    if accept and add_to_watchlist:
        entry_id = await ensure_on_watchlist(
            work, user_id=recommendation.to_user_id, media_item_id=recommendation.media_item_id
        )
    recommendation.status = RecommendationStatus.ACCEPTED if accept else RecommendationStatus.REJECTED
    return recommendation.id, entry_id


async def withdraw_recommendation(work: UnitOfWork, viewer: Viewer, *, recommendation_id: str) -> str:
    """The sender takes a recommendation back while it is pending; it is gone then."""
    recommendation = await _pending(work, viewer, recommendation_id)
    if recommendation.from_user_id != viewer.id:
        raise refused(ErrorCode.NOT_ALLOWED, "Only the sender can withdraw a recommendation.", "id")
    await work.session.execute(delete(Recommendation).where(Recommendation.id == recommendation.id))
    return recommendation_id


async def _propose(
    work: UnitOfWork, viewer: Viewer, media_item_id: str, user_id: str, message: str | None, path: tuple[str, ...]
) -> str:
    key = {"from_user_id": viewer.id, "to_user_id": user_id, "media_item_id": media_item_id}
    proposed = insert(Recommendation).values(**key, message=message).on_conflict_do_nothing()
    made = await work.session.scalar(proposed.returning(Recommendation.id))
    if made is not None:
        return made
    pending = select(Recommendation.id).filter_by(**key, status=RecommendationStatus.PENDING)
    raise refused(
        ErrorCode.ALREADY_EXISTS,
        "You have recommended this title to them, and they haven't answered yet.",
        *path,
        existing_id=await work.session.scalar(pending),
    )


async def _pending(work: UnitOfWork, viewer: Viewer, recommendation_id: str) -> Recommendation:
    """The recommendation, locked, if the viewer sees it and nobody has answered it."""
    found = await work.session.scalar(
        select(Recommendation)
        .where(Recommendation.id == recommendation_id, visible(Recommendation, sql_viewer(viewer)))
        .with_for_update()
    )
    if found is None:
        raise not_found("recommendation", "id")
    if found.status is not RecommendationStatus.PENDING:
        raise refused(ErrorCode.ALREADY_PROCESSED, "This recommendation was answered already.", "id")
    return found
