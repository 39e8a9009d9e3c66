"""The current time, in one place so that tests can move it, and the text form of timestamps."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, timezone-aware and in UTC."""
    return datetime.now(UTC)


def rfc3339(value: datetime) -> str:
    """The timestamp as RFC 3339 text in UTC with microseconds, such as 2026-01-31T20:15:00.250000Z."""
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
