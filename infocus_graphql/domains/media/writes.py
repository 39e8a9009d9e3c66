"""Use cases that change the catalogue, for staff."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from infocus_graphql.core.errors import ErrorCode, Problems, not_found, refused
from infocus_graphql.core.text import (
    check_count,
    check_range,
    required,
    validated_text,
    validated_text_or_none,
    web_address,
)
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.sql_types import Arguments, MappedRow, SqlValue
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
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
from infocus_graphql.domains.media.reads import (
    check_tmdb_id,
    matches_media_ref,
    media_ref_arguments,
    unknown_title,
)


@dataclass(frozen=True, slots=True)
class ChangedOffer:
    """The ids of a saved or deleted streaming provider and of its title."""

    provider_id: str
    media_item_id: str


async def save_media_item(
    work: UnitOfWork,
    viewer: Viewer,
    /,
    *,
    tmdb_type: MediaType,
    tmdb_id: int,
    title: str | Unset | None = UNSET,
    **details: SqlValue,
) -> str:
    """Creates or updates the title with this TMDB type and id. Fields that are not set keep their values.

    `details` are the arguments of `_checked`. Returns the title's id.
    """
    with Problems() as problems:
        problems.of(check_tmdb_id, tmdb_id, "tmdb", "id")
        values = _checked(problems, **details)
        if is_set(title):
            values["title"] = problems.of(_title, title)
        elif tmdb_id > 0:
            item_id = await problems.collect(_known_title(work, tmdb_type, tmdb_id))
    if not is_set(title):
        if values:
            changed = update(MediaItem).where(MediaItem.id == item_id).values(**values)
            await work.session.execute(changed.execution_options(synchronize_session=False))
        audit(work, AuditAction.MEDIA_ITEM_SAVED, actor=viewer.id, object_id=item_id)
        return item_id
    saved = (
        insert(MediaItem)
        .values(tmdb_type=tmdb_type, tmdb_id=tmdb_id, **values)
        .on_conflict_do_update(index_elements=["tmdb_type", "tmdb_id"], set_=values)
        .returning(MediaItem.id)
    )
    media_item_id = (await work.session.scalars(saved)).one()
    audit(work, AuditAction.MEDIA_ITEM_SAVED, actor=viewer.id, object_id=media_item_id)
    return media_item_id


async def lock_media_item(work: UnitOfWork, media: Arguments) -> str:
    """Returns the id of the title, locked against deletion until the end of the transaction.

    `media` are the arguments of `matches_media_ref`. NOT_FOUND if there is no such title.
    """
    item = await work.session.scalar(
        select(MediaItem.id).where(matches_media_ref(**media)).with_for_update(read=True, key_share=True)
    )
    if item is None:
        raise unknown_title()
    return item


async def delete_media_item(work: UnitOfWork, viewer: Viewer, *, media_item_id: str) -> str:
    """Deletes a title and its providers. IN_USE if the title is on a watchlist or was recommended."""
    deleted = delete(MediaItem).where(MediaItem.id == media_item_id).returning(MediaItem.id)
    try:
        found = await work.session.scalar(deleted)
    except IntegrityError as error:
        message = "This title is on a watchlist or was recommended, so it can't be deleted."
        raise refused(ErrorCode.IN_USE, message, "id") from error
    if found is None:
        raise not_found("title", "id")
    audit(work, AuditAction.MEDIA_ITEM_DELETED, actor=viewer.id, object_id=media_item_id)
    return media_item_id


async def save_streaming_provider(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    media: MappedRow,
    provider: str,
    offer_type: OfferType,
    url: str | Unset | None = UNSET,
    regions: list[str] | Unset | None = UNSET,
) -> ChangedOffer:
    """Creates or updates a service's offer of a title (a `MediaRef`). Unset fields keep their values."""
    values: dict[str, object] = {}
    with Problems() as problems:
        title = problems.of(media_ref_arguments, media, "media")
        media_item_id = await problems.collect(lock_media_item(work, title)) if title else ""
        name = problems.of(validated_text, provider, "provider", maximum=MAX_PROVIDER)
        if is_set(url):
            values["url"] = problems.of(web_address, url, "url", maximum=MAX_URL)
        if is_set(regions):
            problems.of(check_count, len(regions or []), "regions", maximum=MAX_REGIONS)
            values["regions"] = sorted(set(regions or []))
    key = {"media_item_id": media_item_id, "provider": name, "offer_type": offer_type}
    saved = (
        insert(StreamingProvider)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=list(key), set_=values or {"provider": name})
        .returning(StreamingProvider.id)
    )
    provider_id = (await work.session.scalars(saved)).one()
    audit(work, AuditAction.STREAMING_PROVIDER_SAVED, actor=viewer.id, object_id=provider_id)
    return ChangedOffer(provider_id, media_item_id)


async def delete_streaming_provider(work: UnitOfWork, viewer: Viewer, *, provider_id: str) -> ChangedOffer:
    """Deletes a streaming provider of a title."""
    deleted = delete(StreamingProvider).where(StreamingProvider.id == provider_id)
    media_item_id = await work.session.scalar(deleted.returning(StreamingProvider.media_item_id))
    if media_item_id is None:
        raise not_found("streaming provider", "id")
    audit(work, AuditAction.STREAMING_PROVIDER_DELETED, actor=viewer.id, object_id=provider_id)
    return ChangedOffer(provider_id, media_item_id)


async def _known_title(work: UnitOfWork, tmdb_type: MediaType, tmdb_id: int) -> str:
    """Returns the id of an existing title, locked; REQUIRED if there is none, as a new one needs a text."""
    named = matches_media_ref(tmdb_type=tmdb_type, tmdb_id=tmdb_id)
    item_id = await work.session.scalar(select(MediaItem.id).where(named).with_for_update())
    if item_id is None:
        raise refused(ErrorCode.REQUIRED, "The title is required for a new title.", "title")
    return item_id


def _title(title: str | None) -> str:
    if title is None:
        raise required("title")
    return validated_text(title, "title", maximum=MAX_TITLE)


def _checked(
    problems: Problems,
    *,
    description: str | Unset | None = UNSET,
    poster_path: str | Unset | None = UNSET,
    backdrop_path: str | Unset | None = UNSET,
    release_date: date | Unset | None = UNSET,
    rating: float | Unset | None = UNSET,
    genres: list[str] | Unset | None = UNSET,
    creators: list[str] | Unset | None = UNSET,
) -> dict[str, object]:
    """Validates the fields that are set and returns their column values."""
    texts = (
        ("description", description, "description", MAX_DESCRIPTION, True),
        ("poster_path", poster_path, "posterPath", MAX_PATH, False),
        ("backdrop_path", backdrop_path, "backdropPath", MAX_PATH, False),
    )
    values: dict[str, object] = {}
    for column, text, name, maximum, lines in texts:
        if is_set(text):
            values[column] = problems.of(
                validated_text_or_none, text, name, maximum=maximum, keep_line_breaks=lines
            )
    if is_set(release_date):
        values["release_date"] = release_date
    if is_set(rating):
        if rating is not None:
            problems.of(check_range, rating, "rating", minimum=0, maximum=10)
        # TMDB has three decimals, and 0 means that there are no votes (-0.0 equals 0).
        values["rating"] = round(rating or 0, 3) or None
    if is_set(genres):
        values["genres"] = _labels(problems, "genres", genres)
    if is_set(creators):
        values["creators"] = _labels(problems, "creators", creators)
    return values


def _labels(problems: Problems, name: str, labels: list[str] | None) -> list[str]:
    labels = labels or []
    if len(labels) > MAX_LABELS:  # one error for the list, none for each label
        problems.of(check_count, len(labels), name, maximum=MAX_LABELS)
        return []
    return [
        problems.of(validated_text, label, name, str(index), maximum=MAX_LABEL)
        for index, label in enumerate(labels)
    ]
