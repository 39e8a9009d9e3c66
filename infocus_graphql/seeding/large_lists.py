"""Watchlist entries and recommendations of the large data set."""

from collections.abc import Iterator
from typing import Final

from infocus_graphql.domains.recommendations.models import RecommendationStatus
from infocus_graphql.domains.watchlists.models import Visibility, WatchStatus
from infocus_graphql.seeding.large_entities import (
    ENTRIES_PER_USER,
    MEMBERS,
    RECOMMENDATIONS_PER_FAMILY,
    Population,
    Row,
    Table,
)
from infocus_graphql.seeding.seeded_random import DAY, SeededRandom, instant, micros
from infocus_graphql.seeding.words import ASIDES, OPINIONS

_ENTRIES_FROM, _ENTRIES_TO = micros(2022, 7), micros(2024, 7)
_RECOMMENDATIONS_FROM, _RECOMMENDATIONS_TO = micros(2024, 7), micros(2025)

_NOT_WATCHED = WatchStatus.NOT_WATCHED.value
_STATES: Final = (
    *[WatchStatus.COMPLETED.value] * 9,
    *[_NOT_WATCHED] * 7,
    *[WatchStatus.WATCHING.value] * 4,
)
_VISIBILITIES: Final = (*[Visibility.PRIVATE.value] * 3, Visibility.FAMILY.value)
_PENDING, _ACCEPTED = RecommendationStatus.PENDING.value, RecommendationStatus.ACCEPTED.value
_ANSWERS: Final = (
    *[_PENDING] * 4,
    *[_ACCEPTED] * 4,
    *[RecommendationStatus.REJECTED.value] * 2,
)


def lists(population: Population) -> Iterator[Table]:
    """Yields the tables of watchlist entries and recommendations."""
    yield Table(
        "watchlist_entries",
        (
            *("id", "user_id", "media_item_id", "status", "rating", "notes", "notes_visibility"),
            *("version", "date_added", "date_updated"),
        ),
        population.size.users * ENTRIES_PER_USER,
        _entries(population),
    )
    yield Table(
        "recommendations",
        (
            *("id", "media_item_id", "from_user_id", "to_user_id", "message", "status"),
            *("created_at", "updated_at"),
        ),
        population.size.families * RECOMMENDATIONS_PER_FAMILY,
        _recommendations(population),
    )


def _entries(population: Population) -> Iterator[Row]:
    """Yields entries in order of time, so that a user's rows are spread over the table, as in production."""
    rng = population.random_for("entries")
    moments = rng.moments(population.size.users * ENTRIES_PER_USER, _ENTRIES_FROM, _ENTRIES_TO)
    for place in range(ENTRIES_PER_USER):
        for user in rng.order(population.size.users):
            yield _entry(rng, population.users[user].id, population.title(user, place).id, next(moments))


def _entry(rng: SeededRandom, user_id: str, title_id: str, added: int) -> Row:
    status = rng.one_of(_STATES)
    seen = status != _NOT_WATCHED
    changes = rng.below(5) if seen else 0
    changed = added + rng.below(60 * DAY) if changes else added
    rating = _rating(rng) if seen and rng.happens(0.8) else None
    notes = f"{rng.one_of(OPINIONS)} {rng.one_of(ASIDES)}" if rng.happens(0.3) else None
    return (
        rng.id_at("we", added),
        user_id,
        title_id,
        status,
        rating,
        notes,
        rng.one_of(_VISIBILITIES),
        1 + changes,
        instant(added),
        instant(changed),
    )


def _rating(rng: SeededRandom) -> int:
    return 1 + int(5 * (rng.fraction() + rng.fraction()))  # a triangular distribution


def _recommendations(population: Population) -> Iterator[Row]:
    """Yields one recommendation per family and round, of the title at this position of the sender's list."""
    rng = population.random_for("recommendations")
    total = population.size.families * RECOMMENDATIONS_PER_FAMILY
    moments = rng.moments(total, _RECOMMENDATIONS_FROM, _RECOMMENDATIONS_TO)
    for place in range(RECOMMENDATIONS_PER_FAMILY):
        for family in rng.order(population.size.families):
            yield _recommendation(population, rng, family, place, next(moments))


def _recommendation(population: Population, rng: SeededRandom, family: int, place: int, sent: int) -> Row:
    member = rng.below(MEMBERS)
    sender = family * MEMBERS + member
    recipient = family * MEMBERS + (member + 1 + rng.below(MEMBERS - 1)) % MEMBERS
    status = rng.one_of(_ANSWERS)
    # Accepted titles are on the recipient's list. Other titles are at one position of the sender's list only,
    # so that no title is pending twice between the same two users.
    if status == _ACCEPTED:
        title = population.title(recipient, rng.below(ENTRIES_PER_USER))
    else:
        title = population.title(sender, place)
    answered = sent if status == _PENDING else sent + rng.below(60 * DAY)
    return (
        rng.id_at("re", sent),
        title.id,
        population.users[sender].id,
        population.users[recipient].id,
        rng.one_of(OPINIONS) if rng.happens(0.5) else None,
        status,
        instant(sent),
        instant(answered),
    )
