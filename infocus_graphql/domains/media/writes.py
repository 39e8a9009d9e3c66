"""Changes to the catalogue, by staff."""

from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.errors import ErrorCode, Refusal, Refused, not_found
from infocus_graphql.core.text import at_most, cleaned, cleaned_or_none, required, within
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.media.models import (
    MAX_DESCRIPTION,
    MAX_LABEL,
    MAX_LABELS,
    MAX_PATH,
    MAX_PROVIDER,
    MAX_REGIONS,
    MAX_TITLE,
    MAX_URL,
    MediaItem,
    MediaType,
    OfferType,
    StreamingProvider,
)
from infocus_graphql.domains.media.reads import named, unknown_title

_TEXTS = {"description": MAX_DESCRIPTION, "poster_path": MAX_PATH, "backdrop_path": MAX_PATH}
_CAMEL = {"poster_path": "posterPath", "backdrop_path": "backdropPath", "release_date": "releaseDate"}
_MAX_TMDB_ID = 2**31 - 1


async def save_media_item(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    tmdb_type: MediaType,
    tmdb_id: int,
    title: str | None | Unset = UNSET,
    release_date: date | None | Unset = UNSET,
    rating: float | None | Unset = UNSET,
    genres: list[str] | None | Unset = UNSET,
    creators: list[str] | None | Unset = UNSET,
    **texts: str | None | Unset,
) -> str:
    """Makes or changes the title with this TMDB type and number; what is not set is kept."""
    within(tmdb_id, "tmdb", "id", minimum=1, maximum=_MAX_TMDB_ID)
    values: dict[str, Any] = {
        name: cleaned_or_none(text, _CAMEL.get(name, name), maximum=_TEXTS[name])
        for name, text in texts.items()
        if is_set(text)
    }
    if is_set(title):
        if title is None:
            raise required("title")
        values["title"] = cleaned(title, "title", maximum=MAX_TITLE)
    if is_set(release_date):
        values["release_date"] = release_date
    if is_set(rating):
        if rating is not None:
            within(rating, "rating", minimum=0, maximum=10)
        values["rating"] = rating
    values |= {name: _labels(name, labels) for name, labels in (("genres", genres), ("creators", creators)) if is_set(labels)}
    if "title" not in values and await _missing(work, tmdb_type, tmdb_id):
        raise Refused(Refusal(ErrorCode.REQUIRED, "A new title needs its name.", ("title",)))
    saved = insert(MediaItem).values(tmdb_type=tmdb_type, tmdb_id=tmdb_id, **{"title": "", **values})
    saved = saved.on_conflict_do_update(
        index_elements=["tmdb_type", "tmdb_id"], set_=values or {"tmdb_id": tmdb_id}
    )
    media_item_id: str = (await work.session.execute(saved.returning(MediaItem.id))).scalar_one()
    return media_item_id


async def delete_media_item(work: UnitOfWork, viewer: Viewer, *, media_item_id: str) -> str:
    """Deletes a title and its providers. A title that somebody tracks or has recommended stays: IN_USE."""
    deleted = delete(MediaItem).where(MediaItem.id == media_item_id).returning(MediaItem.id)
    if await work.session.scalar(deleted) is None:
        raise not_found("title", "id")
    return media_item_id


async def save_streaming_provider(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    media: dict[str, Any],
    provider: str,
    offer_type: OfferType,
    url: str | None | Unset = UNSET,
    regions: list[str] | None | Unset = UNSET,
) -> str:
    """Makes or changes a service's offer of a title; what is not set is kept."""
    media_item_id = await work.session.scalar(select(MediaItem.id).where(named(**media)))
    if media_item_id is None:
        raise unknown_title()
    values: dict[str, Any] = {}
    if is_set(url):
        values["url"] = _web_address(cleaned_or_none(url, "url", maximum=MAX_URL))
    if is_set(regions):
        at_most(len(regions or []), "regions", maximum=MAX_REGIONS)
        values["regions"] = sorted(set(regions or []))
    key = {
        "media_item_id": media_item_id,
        "provider": cleaned(provider, "provider", maximum=MAX_PROVIDER),
        "offer_type": offer_type,
    }
    saved = insert(StreamingProvider).values(**key, **values)
    saved = saved.on_conflict_do_update(index_elements=list(key), set_=values or {"provider": key["provider"]})
    provider_id: str = (await work.session.execute(saved.returning(StreamingProvider.id))).scalar_one()
    return provider_id


async def remove_streaming_provider(work: UnitOfWork, viewer: Viewer, *, provider_id: str) -> str:
    """Deletes a service's offer of a title."""
    deleted = delete(StreamingProvider).where(StreamingProvider.id == provider_id)
    if await work.session.scalar(deleted.returning(StreamingProvider.id)) is None:
        raise not_found("streaming provider", "id")
    return provider_id


async def _missing(work: UnitOfWork, tmdb_type: MediaType, tmdb_id: int) -> bool:
    there = select(MediaItem.id).where(named(tmdb_type=tmdb_type, tmdb_id=tmdb_id))
    return await work.session.scalar(there) is None


def _labels(name: str, labels: list[str] | None) -> list[str]:
    labels = labels or []
    at_most(len(labels), name, maximum=MAX_LABELS)
    return [cleaned(label, name, str(index), maximum=MAX_LABEL) for index, label in enumerate(labels)]


def _web_address(url: str | None) -> str | None:
    if url is not None and not url.startswith(("https://", "http://")):
        raise Refused(Refusal(ErrorCode.INVALID, "A web address begins with https://.", ("url",)))
    return url
