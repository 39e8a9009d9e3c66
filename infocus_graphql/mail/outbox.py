"""Mails as jobs: put into the queue with the change that they tell of, sent once that is committed."""

from datetime import timedelta
from typing import Final

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.jobs.job_types import Handler, JobData, JobType
from infocus_graphql.jobs.queue import enqueue
from infocus_graphql.mail.message import Message
from infocus_graphql.mail.transport import Transport

_ABOUT: Final = "about"

# Tried for about four hours: 5 s, 15 s, 45 s, ... then hourly.
SEND_MAIL: Final = JobType("send_mail", attempts=10, first_delay=timedelta(seconds=5))


async def post(work: UnitOfWork, message: Message, *, about: str | None = None) -> None:
    """Sends the mail after the commit; a transaction that is rolled back sends nothing.

    `about` is the id of the person that it tells of, where its address alone doesn't say so: by it the mail
    is found when the person is to be forgotten.
    """
    data = {**message.data(), _ABOUT: about}
    await enqueue(work, SEND_MAIL, data, key=f"mail:{message.id}")


def mail_handler(transport: Transport) -> Handler:
    """The handler that sends what was posted.

    A worker that dies between the server's receipt and its own note of it makes the mail go out twice,
    with one Message-ID.
    """

    async def send(data: JobData) -> None:
        await transport.send(Message.from_data({key: data[key] for key in data if key != _ABOUT}))

    return send
