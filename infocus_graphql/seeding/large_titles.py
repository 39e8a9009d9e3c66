"""The films and series of the large data set, and who offers them."""

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

# Far above TMDB's own numbers, so that real titles can live in the same database.
_TMDB_FROM: Final = 900_000_000
_TYPES: Final = (MediaType.MOVIE.value, MediaType.MOVIE.value, MediaType.TV.value)
_OFFERS: Final = (
    *[OfferType.SUBSCRIPTION.value] * 6,
    *(OfferType.FREE.value, OfferType.ADS.value, OfferType.RENT.value, OfferType.BUY.value),
)
_RELEASED_FROM: Final = date(1965, 1, 1)
_RELEASED_WITHIN: Final = (date(2019, 1, 1) - _RELEASED_FROM).days
# From two to four a title, three on average over each round.
_OFFERS_BY_TURN: Final = (2, 4, PROVIDERS_PER_TITLE, PROVIDERS_PER_TITLE)


def titles(cast: Population) -> Iterator[Table]:
    """The tables about titles."""
    yield Table(
        "media_items",
        (
            *("id", "tmdb_id", "tmdb_type", "title", "description", "poster_path", "backdrop_path"),
            *("release_date", "rating", "genres", "creators", "created_at", "updated_at"),
        ),
        cast.size.titles,
        _media_items(cast),
    )
    yield Table(
        "streaming_providers",
        ("id", "media_item_id", "provider", "offer_type", "url", "regions", "added_at"),
        cast.size.titles * PROVIDERS_PER_TITLE,
        _providers(cast),
    )


def _media_items(cast: Population) -> Iterator[Row]:
    chance = cast.chance("titles")
    for number, item in enumerate(cast.titles):
        yield (
            item.id,
            _TMDB_FROM + number,
            chance.one_of(_TYPES),
            _title(chance),
            _description(chance) if chance.happens(0.97) else None,
            f"/{chance.hex(27)}.jpg" if chance.happens(0.95) else None,
            f"/{chance.hex(27)}.jpg" if chance.happens(0.9) else None,
            _RELEASED_FROM + timedelta(days=chance.below(_RELEASED_WITHIN)),
            _rating(chance) if chance.happens(0.97) else None,
            chance.some_of(GENRES, 1 + chance.below(4)),
            [_person(chance) for _ in range(1 + chance.below(2))],
            instant(item.moment),
            instant(item.moment + chance.below(300 * DAY)),
        )


def _rating(chance: SeededRandom) -> float:
    return round(2 + 4 * (chance.fraction() + chance.fraction()), 1)


def _title(chance: SeededRandom) -> str:
    quality, thing, other = chance.one_of(QUALITIES), chance.one_of(THINGS), chance.one_of(THINGS)
    forms = (f"The {quality} {thing}", f"{thing} of the {quality} {other}", f"{quality} {thing}")
    return chance.one_of(forms)


def _description(chance: SeededRandom) -> str:
    opening = f"In {chance.one_of(PLACES)}, a {chance.one_of(PEOPLE)} {chance.one_of(EVENTS)}."
    meanwhile = f"Meanwhile a {chance.one_of(PEOPLE)} {chance.one_of(EVENTS)}."
    return " ".join((opening, meanwhile, *chance.some_of(TURNS, 2)))


def _person(chance: SeededRandom) -> str:
    return f"{chance.one_of(FIRST_NAMES)} {chance.one_of(LAST_NAMES)}"


def _providers(cast: Population) -> Iterator[Row]:
    chance = cast.chance("providers")
    for number, item in enumerate(cast.titles):
        for service in chance.some_of(SERVICES, _OFFERS_BY_TURN[number % len(_OFFERS_BY_TURN)]):
            added = item.moment + chance.below(300 * DAY)
            yield (
                chance.id_at("sp", added),
                item.id,
                service,
                chance.one_of(_OFFERS),
                f"https://watch.large.example/{chance.hex(16)}",
                sorted(chance.some_of(REGIONS, 2 + chance.below(4))),
                instant(added),
            )
