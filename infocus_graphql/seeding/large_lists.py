"""What the people of the large data set do with titles: watchlist entries and recommendations."""

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


def lists(cast: Population) -> Iterator[Table]:
    """The tables about what people track and recommend."""
    yield Table(
        "watchlist_entries",
        (
            *("id", "user_id", "media_item_id", "status", "rating", "notes", "notes_visibility"),
            *("version", "date_added", "date_updated"),
        ),
        cast.size.users * ENTRIES_PER_USER,
        _entries(cast),
    )
    yield Table(
        "recommendations",
        (
            *("id", "media_item_id", "from_user_id", "to_user_id", "message", "status"),
            *("created_at", "updated_at"),
        ),
        cast.size.families * RECOMMENDATIONS_PER_FAMILY,
        _recommendations(cast),
    )


def _entries(cast: Population) -> Iterator[Row]:
    """In order of time, so that the rows of one person lie scattered over the table as in life."""
    chance = cast.chance("entries")
    moments = chance.moments(cast.size.users * ENTRIES_PER_USER, _ENTRIES_FROM, _ENTRIES_TO)
    for place in range(ENTRIES_PER_USER):
        for user in chance.order(cast.size.users):
            yield _entry(chance, cast.users[user].id, cast.title(user, place).id, next(moments))


def _entry(chance: SeededRandom, user_id: str, title_id: str, added: int) -> Row:
    status = chance.one_of(_STATES)
    seen = status != _NOT_WATCHED
    changes = chance.below(5) if seen else 0
    changed = added + chance.below(60 * DAY) if changes else added
    rating = _rating(chance) if seen and chance.happens(0.8) else None
    notes = f"{chance.one_of(OPINIONS)} {chance.one_of(ASIDES)}" if chance.happens(0.3) else None
    return (
        chance.id_at("we", added),
        user_id,
        title_id,
        status,
        rating,
        notes,
        chance.one_of(_VISIBILITIES),
        1 + changes,
        instant(added),
        instant(changed),
    )


def _rating(chance: SeededRandom) -> int:
    return 1 + int(5 * (chance.fraction() + chance.fraction()))  # the middle is likelier


def _recommendations(cast: Population) -> Iterator[Row]:
    """In each round every family gets one, of the title at that place of the sender's own list."""
    chance = cast.chance("recommendations")
    total = cast.size.families * RECOMMENDATIONS_PER_FAMILY
    moments = chance.moments(total, _RECOMMENDATIONS_FROM, _RECOMMENDATIONS_TO)
    for place in range(RECOMMENDATIONS_PER_FAMILY):
        for family in chance.order(cast.size.families):
            yield _recommendation(cast, chance, family, place, next(moments))


def _recommendation(cast: Population, chance: SeededRandom, family: int, place: int, made: int) -> Row:
    member = chance.below(MEMBERS)
    sender = family * MEMBERS + member
    recipient = family * MEMBERS + (member + 1 + chance.below(MEMBERS - 1)) % MEMBERS
    status = chance.one_of(_ANSWERS)
    # What was accepted is on the recipient's list. A sender has a title at one place only, so that
    # no title is pending twice between the same two people.
    if status == _ACCEPTED:
        title = cast.title(recipient, chance.below(ENTRIES_PER_USER))
    else:
        title = cast.title(sender, place)
    answered = made if status == _PENDING else made + chance.below(60 * DAY)
    return (
        chance.id_at("re", made),
        title.id,
        cast.users[sender].id,
        cast.users[recipient].id,
        chance.one_of(OPINIONS) if chance.happens(0.5) else None,
        status,
        instant(made),
        instant(answered),
    )
