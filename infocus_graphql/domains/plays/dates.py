"""The dates of plays: an instant, a day, a month, a year, or unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import Date, DateTime, Text, case, func, literal_column

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, refused
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlValue
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.identity.user_settings.reads import viewer_time_zone
from infocus_graphql.domains.plays.models import WatchDatePrecision

_FIRST_FILM: Final = date(1888, 1, 1)
_CLOCK_SKEW: Final = timedelta(minutes=5)  # of the client's clock
_EARLIEST_ZONE: Final = timedelta(hours=14)  # the day begins there 14 hours before it does in UTC
_UTC: Final = literal_column("'UTC'", Text())
_TIME_BOUNDS: Final = "The time must be after 1887 and not in the future."
_DATE_BOUNDS: Final = "The date must be after 1887 and not in the future."
_START: Final[Mapping[WatchDatePrecision, Mapping[str, int]]] = {
    WatchDatePrecision.DAY: {},
    WatchDatePrecision.MONTH: {"day": 1},
    WatchDatePrecision.YEAR: {"month": 1, "day": 1},
}


@dataclass(frozen=True, slots=True)
class WatchDate:
    """The date of a play, as the table stores it."""

    watched_at: datetime | None
    precision: WatchDatePrecision


def watch_date(
    watched_at: datetime | None, watched_on: date | None, precision: WatchDatePrecision | None
) -> WatchDate:
    """Returns the date of a play from the fields of the input; now if none is given."""
    kind = WatchDatePrecision
    if watched_at is not None:
        if watched_on is not None or precision not in (None, kind.INSTANT):
            raise refused(ErrorCode.INVALID, "Pass either watchedAt or watchedOn.", "watchedAt")
        if not _FIRST_FILM <= watched_at.astimezone(UTC).date() or watched_at > now() + _CLOCK_SKEW:
            raise refused(ErrorCode.OUT_OF_RANGE, _TIME_BOUNDS, "watchedAt")
        return WatchDate(watched_at, kind.INSTANT)
    if watched_on is not None:
        exact = precision or kind.DAY
        if exact not in _START:
            raise refused(ErrorCode.INVALID, "watchedOn needs the precision DAY, MONTH or YEAR.", "precision")
        start = watched_on.replace(**_START[exact])
        if not _FIRST_FILM <= start <= (now() + _EARLIEST_ZONE).date():
            raise refused(ErrorCode.OUT_OF_RANGE, _DATE_BOUNDS, "watchedOn")
        return WatchDate(datetime.combine(start, time(), UTC), exact)
    if precision is kind.UNKNOWN:
        return WatchDate(None, kind.UNKNOWN)
    if precision not in (None, kind.INSTANT):
        raise refused(ErrorCode.INVALID, "This precision needs watchedOn.", "precision")
    return WatchDate(now(), kind.INSTANT)


def today(viewer: SqlViewer) -> SqlExpression:
    """The present date in the viewer's time zone."""
    return func.timezone(viewer_time_zone(viewer), func.now(), type_=DateTime()).cast(Date)


def instant(play: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """When it was watched, if that is known to the instant."""
    return case((play.precision == WatchDatePrecision.INSTANT, play.watched_at))


def day(play: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The day in the viewer's time zone, or the first day of the month or year; NULL if unknown."""
    local = func.timezone(viewer_time_zone(viewer), play.watched_at, type_=DateTime()).cast(Date)
    stored = func.timezone(_UTC, play.watched_at, type_=DateTime()).cast(Date)
    return case((play.precision == WatchDatePrecision.INSTANT, local), else_=stored)


def start_of(value: SqlValue) -> SqlExpression:
    """The first moment of a date in UTC."""
    return func.timezone(_UTC, value.cast(DateTime), type_=DateTime(timezone=True))
