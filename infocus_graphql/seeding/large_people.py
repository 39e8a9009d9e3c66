"""The people of the large data set: users, profiles, families, memberships and invitations."""

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
_INVITED: Final = 2  # the member whose invitation is kept; 0 is the owner
_JOINING_TAKES: Final = 4 * DAY


def people(cast: Population, password_hash: str) -> Iterator[Table]:
    """The tables about people and families, in an order that satisfies the foreign keys."""
    size = cast.size
    yield Table(
        "users",
        (
            *("id", "email", "password_hash", "name", "is_staff"),
            *("email_verified_at", "created_at", "updated_at"),
        ),
        size.users,
        _users(cast, password_hash),
    )
    yield Table(
        "profiles",
        ("id", "user_id", "bio", "avatar", "preferences", "created_at", "updated_at"),
        size.users,
        _profiles(cast),
    )
    yield Table(
        "families",
        ("id", "name", "created_by_id", "created_at", "updated_at"),
        size.families,
        _families(cast),
    )
    yield Table(
        "family_memberships",
        ("id", "family_id", "user_id", "role", "shares_watchlist", "joined_at"),
        size.users,
        _memberships(cast),
    )
    yield Table(
        "family_invitations",
        (
            *("id", "family_id", "email", "token_hash", "status"),
            *("invited_by_id", "created_at", "expires_at", "accepted_at"),
        ),
        size.families * INVITATIONS_PER_FAMILY,
        _invitations(cast),
    )


def _email(user: int) -> str:
    return f"user{user + 1}@{DOMAIN}"


def _users(cast: Population, password_hash: str) -> Iterator[Row]:
    chance = cast.chance("users")
    surname = ""
    for number, user in enumerate(cast.users):
        if number % MEMBERS == 0 or chance.happens(0.15):
            surname = chance.one_of(LAST_NAMES)
        name = f"{chance.one_of(FIRST_NAMES)} {surname}" if chance.happens(0.95) else None
        made, changed = instant(user.moment), instant(user.moment + chance.below(300 * DAY))
        yield user.id, _email(number), password_hash, name, False, made, made, changed


def _profiles(cast: Population) -> Iterator[Row]:
    chance = cast.chance("profiles")
    for number, user in enumerate(cast.users):
        bio = f"From {chance.one_of(PLACES)}. {chance.one_of(OPINIONS)}"
        avatar = f"https://images.{DOMAIN}/avatars/{number + 1}.webp"
        theme, region = chance.one_of(_THEMES), chance.one_of(REGIONS)
        preferences = f'{{"theme": "{theme}", "region": "{region}", "language": "en"}}'
        made, changed = instant(user.moment), instant(user.moment + chance.below(300 * DAY))
        yield (
            chance.id_at("pr", user.moment),
            user.id,
            bio if chance.happens(0.7) else None,
            avatar if chance.happens(0.6) else None,
            preferences,
            made,
            changed,
        )


def _families(cast: Population) -> Iterator[Row]:
    chance = cast.chance("families")
    for number, family in enumerate(cast.families):
        name = f"{chance.one_of(THINGS)} {chance.one_of(_HOMES)} {number + 1}"
        made, changed = instant(family.moment), instant(family.moment + chance.below(100 * DAY))
        yield family.id, name, cast.users[number * MEMBERS].id, made, changed


def _joined(family: SeededId, member: int) -> int:
    """When somebody joined: the owner with the making of the family, the others some days later."""
    return family.moment + member * _JOINING_TAKES


def _memberships(cast: Population) -> Iterator[Row]:
    chance = cast.chance("memberships")
    for number, user in enumerate(cast.users):
        family, member = cast.families[cast.family_of(number)], number % MEMBERS
        joined = _joined(family, member)
        shares, id_ = member == 0 or chance.happens(0.95), chance.id_at("fm", joined)
        yield id_, family.id, user.id, _ROLES[member], shares, instant(joined)


def _invitations(cast: Population) -> Iterator[Row]:
    """For each family one that a member came by (or a guest refused), then one to a guest."""
    chance = cast.chance("invitations")
    for number, family in enumerate(cast.families):
        joined = _joined(family, _INVITED)
        asked = joined - DAY + chance.below(DAY // 2)
        if chance.happens(0.25):  # an invitation that was refused does not prevent a later one
            outcome = _Outcome(_guest(number), chance.one_of(_REFUSED))
        else:
            outcome = _Outcome(_email(number * MEMBERS + _INVITED), _ACCEPTED, instant(joined))
        yield _invitation(cast, chance, number, asked, outcome)
    later = chance.moments(cast.size.families, _LATER_INVITATIONS_FROM, _LATER_INVITATIONS_TO)
    for number, asked in zip(chance.order(cast.size.families), later, strict=True):
        outcome = _Outcome(_guest(number), chance.one_of(_LATER_STATES))
        yield _invitation(cast, chance, number, asked, outcome)


def _guest(family: int) -> str:
    return f"guest{family + 1}@{DOMAIN}"


class _Outcome(NamedTuple):
    email: str
    status: str
    accepted_at: datetime | None = None


def _invitation(cast: Population, chance: SeededRandom, family: int, asked: int, outcome: _Outcome) -> Row:
    inviter = cast.users[family * MEMBERS + chance.below(2)]  # the owner or the admin
    return (
        chance.id_at("fi", asked),
        cast.families[family].id,
        outcome.email,
        chance.hex(64),
        outcome.status,
        inviter.id,
        instant(asked),
        instant(asked + _VALIDITY),
        outcome.accepted_at,
    )
