"""What to discover: the filters and orders of TMDB's `/discover`."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from infocus_graphql.tmdb.records import OfferType, TitleType


class DiscoverOrder(enum.Enum):
    """The order of discovered titles, the highest or newest first."""

    POPULARITY = "popularity"
    RATING = "vote_average"
    VOTES = "vote_count"
    RELEASE_DATE = "release_date"


_RELEASE_DATE: Final = {TitleType.MOVIE: "primary_release_date", TitleType.TV: "first_air_date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Filters for titles. A title matches all filters that are set; ids of genres differ by type.

    `services`, `offer_types` and `region` belong together: TMDB ignores services without a region.
    Only films have a certification; `certification_country` says whose it is.
    """

    all_genres: tuple[int, ...] = ()
    any_genre: tuple[int, ...] = ()
    without_genres: tuple[int, ...] = ()
    released_from: date | None = None
    released_until: date | None = None
    min_rating: float | None = None
    min_votes: int | None = None
    min_runtime: int | None = None
    max_runtime: int | None = None
    original_language: str | None = None
    region: str | None = None
    services: tuple[int, ...] = ()
    offer_types: tuple[OfferType, ...] = ()
    certification_country: str | None = None
    max_certification: str | None = None
    order: DiscoverOrder = DiscoverOrder.POPULARITY

    def params(self, kind: TitleType) -> Mapping[str, str]:
        """The parameters of the call. Raises ValueError for filters that TMDB would ignore."""
        if self.all_genres and self.any_genre:
            raise ValueError("TMDB takes genres that a title has all of or any of, not both")
        if (self.services or self.offer_types) and self.region is None:
            raise ValueError("services and offer types need a region")
        if self.max_certification is not None and (
            kind is TitleType.TV or self.certification_country is None
        ):
            raise ValueError("a certification needs a country, and series have none")
        released = _RELEASE_DATE[kind]
        order = released if self.order is DiscoverOrder.RELEASE_DATE else self.order.value
        found: dict[str, object] = {
            "with_genres": _joined(self.all_genres, ",") or _joined(self.any_genre, "|"),
            "without_genres": _joined(self.without_genres, ","),
            f"{released}.gte": self.released_from,
            f"{released}.lte": self.released_until,
            "vote_average.gte": self.min_rating,
            "vote_count.gte": self.min_votes,
            "with_runtime.gte": self.min_runtime,
            "with_runtime.lte": self.max_runtime,
            "with_original_language": self.original_language,
            "watch_region": self.region,
            "with_watch_providers": _joined(self.services, "|"),
            "with_watch_monetization_types": _joined((each.value for each in self.offer_types), "|"),
            "certification_country": self.certification_country if self.max_certification else None,
            "certification.lte": self.max_certification,
            "sort_by": f"{order}.desc",
            "include_adult": "false",
        }
        return {name: str(value) for name, value in found.items() if value not in {None, ""}}


def _joined(values: Iterable[object], separator: str) -> str:
    return separator.join(map(str, values))
