"""Retry delays and timeouts of job types."""

from datetime import timedelta

import pytest

from infocus_graphql.background import handlers
from infocus_graphql.jobs.job_types import JobType
from infocus_graphql.jobs.worker import WorkerTiming
from infocus_graphql.mail.outbox import SEND_MAIL
from infocus_graphql.settings import Settings

KIND = JobType("trial", first_delay=timedelta(seconds=4), longest_delay=timedelta(seconds=100))


@pytest.mark.parametrize(
    ("retries", "seconds"), [(0, 4), (1, 12), (2, 36), (3, 100), (4, 100), (10_000, 100)]
)
def test_the_retry_delay_triples_up_to_a_maximum_with_jitter(retries: int, seconds: float) -> None:
    waits = [KIND.delay(retries, chance).total_seconds() for chance in (0, 0.5, 1)]
    assert waits == pytest.approx([0.75 * seconds, seconds, 1.25 * seconds])


def test_mails_are_retried_for_hours() -> None:
    waits = [SEND_MAIL.delay(retries, 0.5) for retries in range(SEND_MAIL.attempts - 1)]
    assert timedelta(hours=3) < sum(waits, timedelta()) < timedelta(hours=5)


def test_the_lease_of_a_killed_worker_expires_within_ten_seconds() -> None:
    pace = WorkerTiming()
    assert pace.lease + pace.poll < timedelta(seconds=10)


def test_the_smtp_timeout_is_shorter_than_the_job_timeout() -> None:
    longest = max(
        each.le for each in Settings.model_fields["mail_timeout_seconds"].metadata if hasattr(each, "le")
    )
    assert timedelta(seconds=longest) < SEND_MAIL.timeout
    assert callable(handlers)
