"""Moments at which a clock in a time zone shows a time, on days on which clocks change, too.

When clocks go forward in Berlin, 02:30 does not occur; it counts as 03:00, when the clocks have changed. When
they go back, 02:30 occurs twice: a daily event happens at the first, and quiet hours that the clock is in end
at the next.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_daily(after: datetime, zone: ZoneInfo, clock: time) -> datetime:
    """The next moment of an event that happens once a day at this time."""
    return _next(after, zone, clock, folds=(0,))


def quiet_until(at: datetime, zone: ZoneInfo, start: time, end: time) -> datetime | None:
    """The end of the quiet hours that `at` is in; None if it is outside. They may include midnight."""
    shown = at.astimezone(zone).time()
    inside = start <= shown < end if start < end else shown >= start or shown < end
    return _next(at, zone, end, folds=(0, 1)) if inside else None


def _next(after: datetime, zone: ZoneInfo, clock: time, folds: tuple[int, ...]) -> datetime:
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in (0, 1, 2))
    moments = (
        _moment(datetime.combine(day, clock, zone).replace(fold=fold)) for day in days for fold in folds
    )
    return min(moment for moment in moments if moment > after)


def _moment(local: datetime) -> datetime:
    """The moment of a local time in UTC; the end of the gap if it does not occur."""
    moment = local.astimezone(UTC)
    zone = local.tzinfo
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # The two readings of a time in the gap lie on both sides of the change.
    before, after = sorted(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    offset = after.astimezone(zone).utcoffset()
    while before.astimezone(zone).utcoffset() != offset:
        before += timedelta(minutes=1)
    return before
