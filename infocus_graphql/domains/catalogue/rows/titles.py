"""Rows of titles and of their lists of details. A list is None if TMDB didn't send it."""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from infocus_graphql.core.ids import new_id
from infocus_graphql.core.text import MAX_INT
from infocus_graphql.domains.catalogue.rows import values
from infocus_graphql.domains.catalogue.rows.languages import default_country, language
from infocus_graphql.domains.catalogue.rows.minimum_ages import minimum_age
from infocus_graphql.domains.media.details import MAX_CERTIFICATION, MAX_KEY, MAX_NAME
from infocus_graphql.domains.media.models import (
    MAX_DESCRIPTION,
    MAX_LABEL,
    MAX_LABELS,
    MAX_PATH,
    MAX_TITLE,
    ProductionStatus,
)
from infocus_graphql.tmdb import records

Row: TypeAlias = dict[str, Any]

_MAX_VIDEOS: Final = 50
_MAX_ID: Final = 50  # ids at IMDb and Wikidata have up to a dozen characters
_OVER: Final = {ProductionStatus.ENDED.value, ProductionStatus.CANCELED.value}
_STATUSES: Final = {status.value.replace("_", " "): status.value for status in ProductionStatus}


def storable(title: records.Title | records.TitleSummary) -> bool:
    """Whether the title has an id and a name that can be stored."""
    return values.positive(title.id) is not None and _name(title) is not None


def title_row(title: records.Title) -> Row:
    """The row of a title, without its collection. Values of blocks that are missing are None."""
    ids = title.external_ids
    status = _STATUSES.get((title.status or "").lower())
    is_over = title.type is records.TitleType.TV and status in _OVER
    return {
        **_shared(title),
        "id": new_id("mi"),
        "tagline": values.line(title.tagline, MAX_TITLE),
        # TMDB has the day of the last episode so far, also of series that go on.
        "end_date": title.ended_on if is_over else None,
        "runtime_minutes": values.positive(title.runtime_minutes),
        "production_status": status,
        "countries": [code for code in title.countries if values.country(code)],
        "genres": _labels(genre.name for genre in title.genres),
        "has_ids": ids is not None,
        "imdb_id": values.whole_line(ids.imdb, _MAX_ID) if ids else None,
        "tvdb_id": values.positive(ids.tvdb) if ids else None,
        "wikidata_id": values.whole_line(ids.wikidata, _MAX_ID) if ids else None,
        "keywords": None if title.keywords is None else _labels(each.name for each in title.keywords),
        "creators": None if title.credits is None and not title.creators else _labels(title.creators),
    }


def summary_row(summary: records.TitleSummary, genres: dict[int, str]) -> Row:
    """The row of a title of which only a summary is known; `genres` are the names by TMDB's ids."""
    names = [genres[number] for number in summary.genre_ids if number in genres]
    return {**_shared(summary), "id": new_id("mi"), "genres": names[:MAX_LABELS]}


def summary_of(title: records.Title) -> records.TitleSummary:
    """The summary of a title."""
    return records.TitleSummary(
        type=title.type,
        id=title.id,
        title=title.title,
        original_title=title.original_title,
        original_language=title.original_language,
        overview=title.overview,
        released_on=title.released_on,
        genre_ids=tuple(genre.id for genre in title.genres),
        popularity=title.popularity,
        rating=title.rating,
        votes=title.votes,
        poster_path=title.poster_path,
        backdrop_path=title.backdrop_path,
    )


def _shared(title: records.Title | records.TitleSummary) -> Row:
    return {
        "tmdb_type": title.type.value,
        "tmdb_id": title.id,
        "title": _name(title),
        "original_title": values.line(title.original_title, MAX_TITLE),
        "original_language": language(title.original_language),
        "description": values.lines(title.overview, MAX_DESCRIPTION),
        "poster_path": values.whole_line(title.poster_path, MAX_PATH),
        "backdrop_path": values.whole_line(title.backdrop_path, MAX_PATH),
        "release_date": title.released_on,
        "rating": values.rating(title.rating),
        "vote_count": values.count_of(title.votes),
        "popularity": title.popularity,
    }


def _name(title: records.Title | records.TitleSummary) -> str | None:
    return values.line(title.title, MAX_TITLE) or values.line(title.original_title, MAX_TITLE)


def translation_rows(media_item_id: str, title: records.Title) -> list[Row] | None:
    """The translations, one of each language as the default: its usual country, else TMDB's first.

    A translation into the original language without a title has the original title.
    """
    if title.translations is None:
        return None
    original = language(title.original_language)
    found: dict[tuple[str, str], Row] = {}
    for each in title.translations:
        code, country = language(each.language), values.country(each.country) or ""
        name = each.title or (title.original_title if code is not None and code == original else None)
        texts = {
            "title": values.line(name, MAX_TITLE),
            "description": values.lines(each.overview, MAX_DESCRIPTION),
            "tagline": values.line(each.tagline, MAX_TITLE),
        }
        if code is not None and any(texts.values()):
            keys = {"media_item_id": media_item_id, "language": code, "country": country}
            found.setdefault((code, country), {**keys, **texts, "is_default": False})
    defaults: dict[str, Row] = {}
    for (code, country), row in found.items():
        if country == default_country(code) or code not in defaults:
            defaults[code] = row
    for row in defaults.values():
        row["is_default"] = True
    return list(found.values())


def certification_rows(media_item_id: str, title: records.Title) -> list[Row] | None:
    """The certifications, one of each country."""
    if title.certifications is None:
        return None
    found: dict[str, Row] = {}
    for each in title.certifications:
        country, label = values.country(each.country), values.whole_line(each.rating, MAX_CERTIFICATION)
        if country is not None and label is not None:
            age = minimum_age(country, label)
            keys = {"media_item_id": media_item_id, "country": country}
            found.setdefault(country, {**keys, "label": label, "minimum_age": age})
    return list(found.values())


def video_rows(media_item_id: str, title: records.Title) -> list[Row] | None:
    """The videos in TMDB's order."""
    if title.videos is None:
        return None
    found: dict[tuple[str, str], Row] = {}
    for each in title.videos[:_MAX_VIDEOS]:
        site, key = values.whole_line(each.site, MAX_NAME), values.whole_line(each.key, MAX_KEY)
        if site is not None and key is not None:
            row = {
                "id": new_id("mv"),
                "media_item_id": media_item_id,
                "site": site,
                "key": key,
                "name": values.line(each.name, MAX_NAME) or "",
                "kind": values.line(each.kind, MAX_NAME),
                "official": each.official,
                "language": language(each.language),
                "position": len(found),
                "published_at": each.published_at,
            }
            found.setdefault((site, key), row)
    return list(found.values())


def similar_rows(media_item_id: str, title: records.Title) -> list[Row] | None:
    """The similar titles in TMDB's order."""
    if title.similar is None:
        return None
    refs = dict.fromkeys((each.type.value, each.id) for each in title.similar if 0 < each.id <= MAX_INT)
    return [
        {"media_item_id": media_item_id, "tmdb_type": kind, "tmdb_id": tmdb_id, "position": position}
        for position, (kind, tmdb_id) in enumerate(refs)
    ]


def _labels(texts: Iterable[str]) -> list[str]:
    return values.labels(texts, maximum=MAX_LABEL, count=MAX_LABELS)
