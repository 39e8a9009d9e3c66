"""Rows of the parts of titles: collections, people and credits, seasons and episodes, offers."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from infocus_graphql.core.ids import new_id
from infocus_graphql.core.text import MAX_INT
from infocus_graphql.domains.catalogue.rows import values
from infocus_graphql.domains.catalogue.rows.titles import Row
from infocus_graphql.domains.media import details
from infocus_graphql.domains.media.models import MAX_PATH, MAX_REGIONS, MAX_URL, OfferType
from infocus_graphql.domains.people import models as people
from infocus_graphql.domains.people.models import CreditKind
from infocus_graphql.domains.series import models as series
from infocus_graphql.domains.series.models import EpisodeKind
from infocus_graphql.tmdb import records

MAX_CAST: Final = 60
MAX_CREW: Final = 40
_MAX_CREDIT_ID: Final = 100
_EPISODE_KINDS: Final = {
    "finale": EpisodeKind.FINALE.value,
    "mid_season": EpisodeKind.MID_SEASON_FINALE.value,
}
OFFER_TYPES: Final = {
    records.OfferType.SUBSCRIPTION: OfferType.SUBSCRIPTION.value,
    records.OfferType.FREE: OfferType.FREE.value,
    records.OfferType.ADS: OfferType.ADS.value,
    records.OfferType.RENT: OfferType.RENT.value,
    records.OfferType.BUY: OfferType.BUY.value,
}


def collection_row(collection: records.Collection) -> Row | None:
    """The row of a collection; None if it has no name."""
    name = values.line(collection.name, details.MAX_NAME)
    if name is None or values.positive(collection.id) is None:
        return None
    return {
        "id": new_id("co"),
        "tmdb_id": collection.id,
        "name": name,
        "poster_path": values.whole_line(collection.poster_path, MAX_PATH),
    }


def person_row(credit: records.Credit) -> Row | None:
    """The row of the person of a credit; None if the person has no name."""
    name = values.line(credit.name, people.MAX_NAME)
    if name is None or values.positive(credit.person_id) is None:
        return None
    return {
        "id": new_id("pe"),
        "tmdb_id": credit.person_id,
        "name": name,
        "profile_path": values.whole_line(credit.profile_path, people.MAX_PATH),
    }


def shown_credits(title: records.Title) -> list[tuple[CreditKind, records.Credit]] | None:
    """The credits that are stored, most important first; None if TMDB didn't send them."""
    if title.credits is None:
        return None
    cast = [(CreditKind.CAST, each) for each in title.credits.cast[:MAX_CAST]]
    return cast + [(CreditKind.CREW, each) for each in title.credits.crew[:MAX_CREW]]


def credit_rows(media_item_id: str, title: records.Title, person_ids: dict[int, str]) -> list[Row] | None:
    """The credits of a title; `person_ids` are our ids of people by TMDB's."""
    shown = shown_credits(title)
    if shown is None:
        return None
    found: dict[str, Row] = {}
    for kind, each in shown:
        credit_id = values.whole_line(each.credit_id, _MAX_CREDIT_ID)
        if credit_id is not None and each.person_id in person_ids:
            row = {
                "id": new_id("cr"),
                "media_item_id": media_item_id,
                "person_id": person_ids[each.person_id],
                "tmdb_credit_id": credit_id,
                "kind": kind.value,
                "position": len(found),
                "character": values.line(each.character, people.MAX_ROLE),
                "department": values.line(each.department, people.MAX_ROLE),
                "job": values.line(each.job, people.MAX_ROLE),
                "episode_count": values.positive(each.episodes),
            }
            found.setdefault(credit_id, row)
    return list(found.values())


def season_row(media_item_id: str, season: records.Season) -> Row:
    """The row of a season, with a new id."""
    return {
        "id": new_id("sn"),
        "media_item_id": media_item_id,
        "tmdb_id": season.id,
        "number": season.number,
        "title": values.line(season.name, series.MAX_NAME),
        "description": values.lines(season.overview, series.MAX_OVERVIEW),
        "air_date": season.aired_on,
        "poster_path": values.whole_line(season.poster_path, series.MAX_PATH),
        "episode_count": values.count_of(season.episode_count),
    }


def episode_row(media_item_id: str, season_id: str, episode: records.Episode) -> Row:
    """The row of an episode, with a new id."""
    return {
        "id": new_id("ep"),
        "media_item_id": media_item_id,
        "season_id": season_id,
        "tmdb_id": episode.id,
        "number": episode.number,
        "title": values.line(episode.name, series.MAX_NAME),
        "description": values.lines(episode.overview, series.MAX_OVERVIEW),
        "air_date": episode.aired_on,
        "runtime_minutes": values.positive(episode.runtime_minutes),
        "kind": _EPISODE_KINDS.get(episode.kind or "", EpisodeKind.STANDARD.value),
        "still_path": values.whole_line(episode.still_path, series.MAX_PATH),
        "rating": values.rating(episode.rating),
        "vote_count": values.count_of(episode.votes),
    }


def storable_seasons(seasons: Iterable[records.Season]) -> list[records.Season]:
    """The seasons with a valid id and number, one of each."""
    found = {each.number: each for each in seasons if 0 < each.id <= MAX_INT and 0 <= each.number <= MAX_INT}
    return list({each.id: each for each in found.values()}.values())


def storable_episodes(season: records.Season) -> list[records.Episode]:
    """The episodes of a season with a valid id and number, one of each."""
    found: dict[int, records.Episode] = {}
    for each in season.episodes or ():
        if 0 < each.id <= MAX_INT and 0 <= each.number <= MAX_INT:
            found.setdefault(each.number, each)
    return list({each.id: each for each in found.values()}.values())


def offer_rows(media_item_id: str, title: records.Title, services: dict[int, tuple[str, str]]) -> list[Row]:
    """The offers of a title, one of each service and type with all its countries.

    `services` are the ids and names of our services by TMDB's provider ids. The link is TMDB's page of the
    title without a country, as TMDB asks.
    """
    found: dict[tuple[str, str], Row] = {}
    for each in title.offers or ():
        country = values.country(each.country)
        if country is None or each.provider_id not in services:
            continue
        service_id, name = services[each.provider_id]
        kind = OFFER_TYPES[each.type]
        row: Row = {
            "id": new_id("sp"),
            "media_item_id": media_item_id,
            "streaming_service_id": service_id,
            "provider": name,
            "offer_type": kind,
            "url": _without_query(each.link),
            "regions": [],
        }
        regions = found.setdefault((name, kind), row)["regions"]
        if country not in regions:
            regions.append(country)
    for row in found.values():
        row["regions"] = sorted(row["regions"])[:MAX_REGIONS]
    return list(found.values())


def _without_query(link: str | None) -> str | None:
    url = values.whole_line(link, MAX_URL)
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    return parts._replace(query="", fragment="").geturl()
