"""Films and series of the large data set, and their streaming providers."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from infocus_graphql.domains.media.models import MediaType, OfferType
from infocus_graphql.seeding.large_entities import PROVIDERS_PER_TITLE, Population, Row, Table
from infocus_graphql.seeding.seeded_random import DAY, SeededRandom, instant
from infocus_graphql.seeding.words import (
    EVENTS,
    FIRST_NAMES,
    GENRES,
    LAST_NAMES,
    PEOPLE,
    PLACES,
    QUALITIES,
    REGIONS,
    SERVICES,
    THINGS,
    TURNS,
)

# Far above TMDB's ids, so that real titles can be stored in the same database.
_TMDB_FROM: Final = 900_000_000
_TYPES: Final = (MediaType.MOVIE.value, MediaType.MOVIE.value, MediaType.TV.value)
_OFFERS: Final = (
    *[OfferType.SUBSCRIPTION.value] * 6,
    *(OfferType.FREE.value, OfferType.ADS.value, OfferType.RENT.value, OfferType.BUY.value),
)
_RELEASED_FROM: Final = date(1965, 1, 1)
_RELEASED_WITHIN: Final = (date(2019, 1, 1) - _RELEASED_FROM).days
# Providers per title: two to four, three on average over each round.
_OFFERS_BY_TURN: Final = (2, 4, PROVIDERS_PER_TITLE, PROVIDERS_PER_TITLE)


def titles(population: Population) -> Iterator[Table]:
    """Yields the tables of titles and streaming providers."""
    yield Table(
        "media_items",
        (
            *("id", "tmdb_id", "tmdb_type", "title", "description", "poster_path", "backdrop_path"),
            *("release_date", "rating", "genres", "creators", "created_at", "updated_at"),
        ),
        population.size.titles,
        _media_items(population),
    )
    yield Table(
        "streaming_providers",
        ("id", "media_item_id", "provider", "offer_type", "url", "regions", "added_at"),
        population.size.titles * PROVIDERS_PER_TITLE,
        _providers(population),
    )


def _media_items(population: Population) -> Iterator[Row]:
    rng = population.random_for("titles")
    for number, item in enumerate(population.titles):
        yield (
            item.id,
            _TMDB_FROM + number,
            rng.one_of(_TYPES),
            _title(rng),
            _description(rng) if rng.happens(0.97) else None,
            f"/{rng.hex(27)}.jpg" if rng.happens(0.95) else None,
            f"/{rng.hex(27)}.jpg" if rng.happens(0.9) else None,
            _RELEASED_FROM + timedelta(days=rng.below(_RELEASED_WITHIN)),
            _rating(rng) if rng.happens(0.97) else None,
            rng.some_of(GENRES, 1 + rng.below(4)),
            [_person(rng) for _ in range(1 + rng.below(2))],
            instant(item.moment),
            instant(item.moment + rng.below(300 * DAY)),
        )


def _rating(rng: SeededRandom) -> float:
    return round(2 + 4 * (rng.fraction() + rng.fraction()), 1)


def _title(rng: SeededRandom) -> str:
    quality, thing, other = rng.one_of(QUALITIES), rng.one_of(THINGS), rng.one_of(THINGS)
    forms = (f"The {quality} {thing}", f"{thing} of the {quality} {other}", f"{quality} {thing}")
    return rng.one_of(forms)


def _description(rng: SeededRandom) -> str:
    opening = f"In {rng.one_of(PLACES)}, a {rng.one_of(PEOPLE)} {rng.one_of(EVENTS)}."
    meanwhile = f"Meanwhile a {rng.one_of(PEOPLE)} {rng.one_of(EVENTS)}."
    return " ".join((opening, meanwhile, *rng.some_of(TURNS, 2)))


def _person(rng: SeededRandom) -> str:
    return f"{rng.one_of(FIRST_NAMES)} {rng.one_of(LAST_NAMES)}"


def _providers(population: Population) -> Iterator[Row]:
    rng = population.random_for("providers")
    for number, item in enumerate(population.titles):
        for service in rng.some_of(SERVICES, _OFFERS_BY_TURN[number % len(_OFFERS_BY_TURN)]):
            added = item.moment + rng.below(300 * DAY)
            yield (
                rng.id_at("sp", added),
                item.id,
                service,
                rng.one_of(_OFFERS),
                f"https://watch.large.example/{rng.hex(16)}",
                sorted(rng.some_of(REGIONS, 2 + rng.below(4))),
                instant(added),
            )
