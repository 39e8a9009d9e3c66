"""Mails as jobs: enqueued in the transaction of the change they report, and sent after its commit."""

from datetime import timedelta
from typing import Final

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.jobs.job_types import Handler, JobData, JobType
from infocus_graphql.jobs.queue import enqueue
from infocus_graphql.mail.message import Message
from infocus_graphql.mail.transport import Transport

_ABOUT: Final = "about"

# Retries for about four hours: after 5 s, 15 s, 45 s, ... then hourly.
SEND_MAIL: Final = JobType("send_mail", attempts=10, first_delay=timedelta(seconds=5))


async def post(work: UnitOfWork, message: Message, *, about: str | None = None) -> None:
    """Enqueues the mail, which is sent after the commit; nothing is sent after a rollback.

    `about` is the id of a user mentioned in the mail other than its recipient, so that account erasure finds
    the mail.
    """
    data = {**message.data(), _ABOUT: about}
    await enqueue(work, SEND_MAIL, data, key=f"mail:{message.id}")


def mail_handler(transport: Transport) -> Handler:
    """The job handler that sends mails.

    If a worker dies after the mail server accepted the mail and before the job is marked as done, the mail is
    sent twice with the same Message-ID.
    """

    async def send(data: JobData) -> None:
        await transport.send(Message.from_data({key: data[key] for key in data if key != _ABOUT}))

    return send
