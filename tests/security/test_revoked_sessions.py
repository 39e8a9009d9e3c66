"""What a process knows of ended sessions, and how old that knowledge may be."""

import pytest

from infocus_graphql.security import revoked_sessions as ended
from infocus_graphql.security.revoked_sessions import FRESH_SECONDS, REMEMBERED_SECONDS, RevokedSessions


class Time:
    """A reading of the clock that tests choose."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The clock that `EndedSessions` reads."""
    chosen = Time()
    monkeypatch.setattr(ended, "monotonic", chosen)
    return chosen


def test_nothing_is_certain_before_it_was_asked_for() -> None:
    known = RevokedSessions()
    assert (known.fresh, known.as_of, len(known), None in known) == (False, None, 0, False)


def test_knowledge_is_fresh_for_a_second_from_the_moment_of_asking(time: Time) -> None:
    known = RevokedSessions()
    known.learn(["se1"], as_of=time.now - 0.4)
    assert known.fresh and "se1" in known and "se2" not in known
    time.now += FRESH_SECONDS - 0.41
    assert known.fresh
    time.now += 0.02
    assert not known.fresh
    assert "se1" in known


def test_being_told_of_one_end_says_nothing_about_others(time: Time) -> None:
    known = RevokedSessions()
    known.add("se1")
    assert "se1" in known and not known.fresh


def test_an_older_answer_that_comes_late_takes_nothing_back(time: Time) -> None:
    known = RevokedSessions()
    known.learn(["se1"], as_of=time.now)
    known.learn(["se2"], as_of=time.now - 5)
    assert known.fresh and known.as_of == time.now
    assert "se1" in known and "se2" in known


def test_doubt_lasts_until_somebody_asks_anew(time: Time) -> None:
    known = RevokedSessions()
    asked = time.now
    time.now += 0.1
    known.invalidate()
    known.learn([], as_of=asked)  # the answer was on its way already
    assert not known.fresh
    known.learn([], as_of=time.now)
    assert known.fresh


def test_ends_are_forgotten_when_no_token_of_theirs_can_be_good(time: Time) -> None:
    known = RevokedSessions()
    known.learn(["se1", "se2"], as_of=time.now)
    time.now += REMEMBERED_SECONDS - 1
    known.learn(["se2", "se3"], as_of=time.now)
    assert len(known) == 3
    time.now += 2
    known.learn([], as_of=time.now)
    assert [each in known for each in ("se1", "se2", "se3")] == [False, False, True]
