"""Local times on ordinary days, and on those on which clocks change."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from infocus_graphql.domains.notifications.local_times import next_daily, quiet_until

BERLIN, KIRITIMATI, LORD_HOWE = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("Pacific/Kiritimati"),
    ZoneInfo("Australia/Lord_Howe"),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "zone", "clock", "expected"),
    [
        ("2026-07-01 05:59", BERLIN, "08:00", "2026-07-01 06:00"),
        ("2026-07-01 06:00", BERLIN, "08:00", "2026-07-02 06:00"),
        ("2026-12-01 06:59", BERLIN, "08:00", "2026-12-01 07:00"),
        ("2026-06-30 20:00", KIRITIMATI, "08:00", "2026-07-01 18:00"),
        # Clocks go forward on 29 March 2026 at 01:00 UTC.
        ("2026-03-28 07:00", BERLIN, "08:00", "2026-03-29 06:00"),
        ("2026-03-28 23:00", BERLIN, "02:30", "2026-03-29 01:00"),
        ("2026-03-29 01:00", BERLIN, "02:30", "2026-03-30 00:30"),
        # Clocks go back on 25 October 2026 at 01:00 UTC.
        ("2026-10-24 06:00", BERLIN, "08:00", "2026-10-25 07:00"),
        ("2026-10-24 23:00", BERLIN, "02:30", "2026-10-25 00:30"),
        ("2026-10-25 00:30", BERLIN, "02:30", "2026-10-26 01:30"),
        # By half an hour, on 4 October 2026 at 15:30 UTC on the day before.
        ("2026-10-03 12:00", LORD_HOWE, "02:15", "2026-10-03 15:30"),
    ],
)
def test_the_next_time_of_a_daily_event(after: str, zone: ZoneInfo, clock: str, expected: str) -> None:
    assert next_daily(utc(after), zone, time.fromisoformat(clock)) == utc(expected)


@pytest.mark.parametrize(
    ("at", "hours", "expected"),
    [
        ("2026-07-01 19:59", "22:00-07:00", None),
        ("2026-07-01 20:00", "22:00-07:00", "2026-07-02 05:00"),
        ("2026-07-02 04:59", "22:00-07:00", "2026-07-02 05:00"),
        ("2026-07-02 05:00", "22:00-07:00", None),
        ("2026-07-01 11:00", "13:00-15:00", "2026-07-01 13:00"),
        ("2026-07-01 10:59", "13:00-15:00", None),
        ("2026-03-28 22:00", "22:00-07:00", "2026-03-29 05:00"),
        ("2026-10-24 22:00", "22:00-07:00", "2026-10-25 06:00"),
        # The end falls into the hour that does not occur, or into the one that occurs twice.
        ("2026-03-29 00:59", "22:00-02:30", "2026-03-29 01:00"),
        ("2026-03-29 01:00", "22:00-02:30", None),
        ("2026-10-25 00:10", "22:00-02:30", "2026-10-25 00:30"),
        ("2026-10-25 00:45", "22:00-02:30", None),
        ("2026-10-25 01:10", "22:00-02:30", "2026-10-25 01:30"),
    ],
)
def test_the_end_of_quiet_hours(at: str, hours: str, expected: str | None) -> None:
    start, end = (time.fromisoformat(each) for each in hours.split("-"))
    assert quiet_until(utc(at), BERLIN, start, end) == (utc(expected) if expected else None)
