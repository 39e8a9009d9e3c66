"""The time, in one place, so that tests can move it; and the one way in which instants are written."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, aware and in UTC."""
    return datetime.now(UTC)


def rfc3339(value: datetime) -> str:
    """The one written form of an instant: in UTC, such as 2026-01-31T20:15:00.250000Z."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
