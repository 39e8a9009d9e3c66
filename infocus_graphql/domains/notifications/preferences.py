"""The preferences of users: chosen channels or defaults, for fields of the viewer and for workers."""

from collections.abc import Callable, Iterable, Mapping
from datetime import time
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, and_, cast, column, func, literal, select, true, tuple_, values
from sqlalchemy.orm import Mapped, aliased
from sqlalchemy.util import immutabledict

from infocus_graphql.db.base import Base
from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import VIEWER, SqlViewer, visibility
from infocus_graphql.domains.identity.user_settings.models import UserSettings
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.notifications.models import (
    DEFAULT_DIGEST_TIME,
    DEFAULTS,
    Channels,
    EmailTiming,
    NotificationKind,
    NotificationPreference,
    NotificationSchedule,
)

CHANNELS: Final = ("in_app", "email")
Wanted: TypeAlias = tuple[str, NotificationKind]


def _view() -> Any:
    own = NotificationPreference.__table__.c
    names = [
        column("position", Integer()),
        *(column(name, own[name].type) for name in ("kind", *CHANNELS)),
    ]
    rows = [
        (position, kind, *(getattr(channels, name) for name in CHANNELS))
        for position, (kind, channels) in enumerate(DEFAULTS.items())
    ]
    default = values(*names, name="defaults", literal_binds=True).data(rows)
    chosen = [
        func.coalesce(own[name], cast(default.c[name], own[name].type), type_=own[name].type).label(name)
        for name in CHANNELS
    ]
    kind = cast(default.c.kind, own.kind.type)
    return (
        select(default.c.position, kind.label("kind"), *chosen)
        .select_from(default)
        .outerjoin(NotificationPreference.__table__, and_(own.user_id == VIEWER.id, own.kind == kind))
        .subquery("preferences")
    )


class Preference(Base):
    """The viewer's channels for each kind of notification. Computed, not stored."""

    __table__ = _view()
    __mapper_args__ = immutabledict({"primary_key": [__table__.c.kind], "eager_defaults": False})

    if TYPE_CHECKING:
        position: Mapped[int]
        kind: Mapped[NotificationKind]
        in_app: Mapped[bool]
        email: Mapped[EmailTiming]


@visibility(Preference)
def visible_preferences(preference: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """All rows: they are those of the viewer."""
    return true()


PREFERENCES: Final = Link(Preference, lambda user, preference, viewer: literal(True), User)


def scheduled(name: str) -> Callable[[MappedRow, SqlViewer], SqlExpression]:
    """Returns the expression of a time over the user's row; NULL if not set or not the viewer's."""

    def expression(user: MappedRow, viewer: SqlViewer) -> SqlExpression:
        schedule = aliased(NotificationSchedule)
        own = select(getattr(schedule, name)).where(schedule.user_id == user.id, viewer.is_(schedule.user_id))
        return scalar(own, schedule)

    return expression


def digest_time(user: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The time of the viewer's daily digest."""
    return func.coalesce(scheduled("digest_at")(user, viewer), DEFAULT_DIGEST_TIME)


async def channels_of(unit: ReadUnit, wanted: Iterable[Wanted]) -> Mapping[Wanted, Channels]:
    """The channels for users and kinds; those that are missing have the defaults."""
    own = NotificationPreference
    query = select(own).where(tuple_(own.user_id, own.kind).in_(sorted(set(wanted), key=str)))
    return {
        (row.user_id, row.kind): Channels(*(getattr(row, name) for name in CHANNELS))
        for row in await unit.scalars(query)
    }


async def schedules_of(unit: ReadUnit, user_ids: Iterable[str]) -> Mapping[str, "Schedule"]:
    """The schedules of users, with the defaults."""
    query = (
        select(
            User.id,
            NotificationSchedule.quiet_from,
            NotificationSchedule.quiet_until,
            func.coalesce(NotificationSchedule.digest_at, DEFAULT_DIGEST_TIME),
            func.coalesce(UserSettings.time_zone, "UTC"),
        )
        .outerjoin(NotificationSchedule, NotificationSchedule.user_id == User.id)
        .outerjoin(UserSettings, UserSettings.user_id == User.id)
        .where(User.id.in_(sorted(set(user_ids))))
    )
    return {row[0]: Schedule(*row[1:]) for row in await unit.execute(query)}


class Schedule:
    """When a user receives notifications."""

    def __init__(self, quiet_from: str | None, quiet_until: str | None, digest_at: str, zone: str) -> None:
        self.quiet = (
            None
            if quiet_from is None or quiet_until is None
            else (time.fromisoformat(quiet_from), time.fromisoformat(quiet_until))
        )
        self.digest_at, self.zone = time.fromisoformat(digest_at), ZoneInfo(zone)
