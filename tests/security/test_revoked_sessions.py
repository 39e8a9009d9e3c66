"""The set of revoked sessions, and its freshness."""

import pytest

from infocus_graphql.security import revoked_sessions
from infocus_graphql.security.revoked_sessions import FRESH_SECONDS, REMEMBERED_SECONDS, RevokedSessions


class Time:
    """A monotonic clock that tests can set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The clock of `RevokedSessions`."""
    chosen = Time()
    monkeypatch.setattr(revoked_sessions, "monotonic", chosen)
    return chosen


def test_the_data_is_not_fresh_before_the_first_poll() -> None:
    known = RevokedSessions()
    assert (known.fresh, known.as_of, len(known), None in known) == (False, None, 0, False)


def test_the_data_is_fresh_for_a_second_from_the_start_of_the_poll(time: Time) -> None:
    known = RevokedSessions()
    known.update(["se1"], as_of=time.now - 0.4)
    assert known.fresh and "se1" in known and "se2" not in known
    time.now += FRESH_SECONDS - 0.41
    assert known.fresh
    time.now += 0.02
    assert not known.fresh
    assert "se1" in known


def test_a_notification_does_not_make_the_data_fresh(time: Time) -> None:
    known = RevokedSessions()
    known.add("se1")
    assert "se1" in known and not known.fresh


def test_a_late_older_result_removes_nothing(time: Time) -> None:
    known = RevokedSessions()
    known.update(["se1"], as_of=time.now)
    known.update(["se2"], as_of=time.now - 5)
    assert known.fresh and known.as_of == time.now
    assert "se1" in known and "se2" in known


def test_invalidation_lasts_until_the_next_poll(time: Time) -> None:
    known = RevokedSessions()
    asked = time.now
    time.now += 0.1
    known.invalidate()
    known.update([], as_of=asked)  # the result of an earlier poll
    assert not known.fresh
    known.update([], as_of=time.now)
    assert known.fresh


def test_revocations_are_removed_when_all_their_tokens_have_expired(time: Time) -> None:
    known = RevokedSessions()
    known.update(["se1", "se2"], as_of=time.now)
    time.now += REMEMBERED_SECONDS - 1
    known.update(["se2", "se3"], as_of=time.now)
    assert len(known) == 3
    time.now += 2
    known.update([], as_of=time.now)
    assert [each in known for each in ("se1", "se2", "se3")] == [False, False, True]
