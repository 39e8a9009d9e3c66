"""Users, profiles, families, memberships and invitations of the large data set."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from infocus_graphql.domains.families.models import FamilyInvitationStatus, FamilyRole
from infocus_graphql.seeding.large_entities import (
    INVITATIONS_PER_FAMILY,
    MEMBERS,
    Population,
    Row,
    SeededId,
    Table,
)
from infocus_graphql.seeding.seeded_random import DAY, SeededRandom, instant, micros
from infocus_graphql.seeding.words import (
    FIRST_NAMES,
    LAST_NAMES,
    OPINIONS,
    PLACES,
    REGIONS,
    THINGS,
)

DOMAIN: Final = "large.example"
FIRST_EMAIL: Final = f"user1@{DOMAIN}"

_HOMES: Final = ("House", "Family", "Crew", "Flat")
_THEMES: Final = ("dark", "light", "system")
_ROLES: Final = (
    FamilyRole.OWNER.value,
    FamilyRole.ADMIN.value,
    *[FamilyRole.MEMBER.value] * (MEMBERS - 2),
)
_PENDING, _ACCEPTED = FamilyInvitationStatus.PENDING.value, FamilyInvitationStatus.ACCEPTED.value
_REFUSED: Final = (FamilyInvitationStatus.DECLINED.value, FamilyInvitationStatus.REVOKED.value)
_LATER_STATES: Final = (*[_PENDING] * 3, *_REFUSED)
_LATER_INVITATIONS_FROM, _LATER_INVITATIONS_TO = micros(2022, 7), micros(2024, 7)
_VALIDITY: Final = 7 * DAY
_INVITED: Final = 2  # the position of the member whose invitation is stored; 0 is the owner
_JOINING_TAKES: Final = 4 * DAY


def people(population: Population, password_hash: str) -> Iterator[Table]:
    """Yields the tables of users and families, in an order that satisfies the foreign keys."""
    size = population.size
    yield Table(
        "users",
        (
            *("id", "email", "password_hash", "name", "is_staff"),
            *("email_verified_at", "created_at", "updated_at"),
        ),
        size.users,
        _users(population, password_hash),
    )
    yield Table(
        "profiles",
        ("id", "user_id", "bio", "avatar", "preferences", "created_at", "updated_at"),
        size.users,
        _profiles(population),
    )
    yield Table(
        "families",
        ("id", "name", "created_by_id", "created_at", "updated_at"),
        size.families,
        _families(population),
    )
    yield Table(
        "family_memberships",
        ("id", "family_id", "user_id", "role", "shares_watchlist", "joined_at"),
        size.users,
        _memberships(population),
    )
    yield Table(
        "family_invitations",
        (
            *("id", "family_id", "email", "token_hash", "status"),
            *("invited_by_id", "created_at", "expires_at", "accepted_at"),
        ),
        size.families * INVITATIONS_PER_FAMILY,
        _invitations(population),
    )


def _email(user: int) -> str:
    return f"user{user + 1}@{DOMAIN}"


def _users(population: Population, password_hash: str) -> Iterator[Row]:
    rng = population.random_for("users")
    surname = ""
    for number, user in enumerate(population.users):
        if number % MEMBERS == 0 or rng.happens(0.15):
            surname = rng.one_of(LAST_NAMES)
        name = f"{rng.one_of(FIRST_NAMES)} {surname}" if rng.happens(0.95) else None
        created, changed = instant(user.moment), instant(user.moment + rng.below(300 * DAY))
        yield user.id, _email(number), password_hash, name, False, created, created, changed


def _profiles(population: Population) -> Iterator[Row]:
    rng = population.random_for("profiles")
    for number, user in enumerate(population.users):
        bio = f"From {rng.one_of(PLACES)}. {rng.one_of(OPINIONS)}"
        avatar = f"https://images.{DOMAIN}/avatars/{number + 1}.webp"
        theme, region = rng.one_of(_THEMES), rng.one_of(REGIONS)
        preferences = f'{{"theme": "{theme}", "region": "{region}", "language": "en"}}'
        created, changed = instant(user.moment), instant(user.moment + rng.below(300 * DAY))
        yield (
            rng.id_at("pr", user.moment),
            user.id,
            bio if rng.happens(0.7) else None,
            avatar if rng.happens(0.6) else None,
            preferences,
            created,
            changed,
        )


def _families(population: Population) -> Iterator[Row]:
    rng = population.random_for("families")
    for number, family in enumerate(population.families):
        name = f"{rng.one_of(THINGS)} {rng.one_of(_HOMES)} {number + 1}"
        created, changed = instant(family.moment), instant(family.moment + rng.below(100 * DAY))
        yield family.id, name, population.users[number * MEMBERS].id, created, changed


def _joined(family: SeededId, member: int) -> int:
    """Returns when a member joined: the owner when the family was created, the others some days later."""
    return family.moment + member * _JOINING_TAKES


def _memberships(population: Population) -> Iterator[Row]:
    rng = population.random_for("memberships")
    for number, user in enumerate(population.users):
        family, member = population.families[population.family_of(number)], number % MEMBERS
        joined = _joined(family, member)
        shares, id_ = member == 0 or rng.happens(0.95), rng.id_at("fm", joined)
        yield id_, family.id, user.id, _ROLES[member], shares, instant(joined)


def _invitations(population: Population) -> Iterator[Row]:
    """Yields one invitation per family that a member accepted (or a guest declined), then one to a guest."""
    rng = population.random_for("invitations")
    for number, family in enumerate(population.families):
        joined = _joined(family, _INVITED)
        sent = joined - DAY + rng.below(DAY // 2)
        if rng.happens(0.25):  # a declined invitation doesn't prevent a later one
            outcome = _Outcome(_guest(number), rng.one_of(_REFUSED))
        else:
            outcome = _Outcome(_email(number * MEMBERS + _INVITED), _ACCEPTED, instant(joined))
        yield _invitation(population, rng, number, sent, outcome)
    later = rng.moments(population.size.families, _LATER_INVITATIONS_FROM, _LATER_INVITATIONS_TO)
    for number, sent in zip(rng.order(population.size.families), later, strict=True):
        outcome = _Outcome(_guest(number), rng.one_of(_LATER_STATES))
        yield _invitation(population, rng, number, sent, outcome)


def _guest(family: int) -> str:
    return f"guest{family + 1}@{DOMAIN}"


class _Outcome(NamedTuple):
    email: str
    status: str
    accepted_at: datetime | None = None


def _invitation(population: Population, rng: SeededRandom, family: int, sent: int, outcome: _Outcome) -> Row:
    inviter = population.users[family * MEMBERS + rng.below(2)]  # the owner or the admin
    return (
        rng.id_at("fi", sent),
        population.families[family].id,
        outcome.email,
        rng.hex(64),
        outcome.status,
        inviter.id,
        instant(sent),
        instant(sent + _VALIDITY),
        outcome.accepted_at,
    )
