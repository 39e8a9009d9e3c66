"""Formats ids as names with links, and values as text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import Text, any_, bindparam, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from infocus_graphql.core.clock import rfc3339
from infocus_graphql.core.ids import tag_of
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem, StreamingProvider


@dataclass(frozen=True, slots=True)
class Reference:
    """The row behind an id: its name, and its page below the data browser's address."""

    name: str
    path: str


# By the type tag of an id. Only tables with a page in the data browser; other ids are shown as they are.
_NAMED: Final[Mapping[str, tuple[str, Any, Any]]] = {
    "us": ("user", User.id, func.coalesce(User.name, User.email)),
    "mi": ("media-item", MediaItem.id, MediaItem.title),
    "sp": ("streaming-provider", StreamingProvider.id, StreamingProvider.provider),
}


async def references_of(session: AsyncSession, ids: Iterable[str | None]) -> dict[str, Reference]:
    """The names of all referenced rows that exist and have a page, by id, with one statement."""
    wanted: dict[str, set[str]] = {}
    for each in ids:
        tag = (tag_of(each) if each else None) or ""
        if each and tag in _NAMED:
            wanted.setdefault(tag, set()).add(each)
    if not wanted:
        return {}
    parts = []
    for tag, found in wanted.items():
        place, key, name = _NAMED[tag]
        among = any_(bindparam(None, sorted(found), ARRAY(Text)))
        parts.append(select(literal(place), key, name).where(key == among))
    rows = await session.execute(union_all(*parts))
    return {key: Reference(name, f"/{place}/details/{key}") for place, key, name in rows}


def as_text(value: object) -> str:
    """The text that the pages show for a value."""
    match value:
        case None:
            text = ""
        case bool():
            text = "Yes" if value else "No"
        case Enum():
            text = value.name
        case datetime():
            text = rfc3339(value)
        case list():
            text = ", ".join(map(as_text, value))
        case dict():
            text = ", ".join(f"{key}: {as_text(each)}" for key, each in value.items())
        case _:
            text = str(value)
    return text or "-"


def wrapping(value: object) -> str:
    """The CSS class of a value's cell: times and enum values don't wrap."""
    return "text-nowrap" if isinstance(value, datetime | Enum) else "text-break"
