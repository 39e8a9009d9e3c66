"""E-mails are sent after the commit by jobs, and retried while the mail server is unavailable."""

import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from infocus_graphql.core.errors import Refused, not_found
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.jobs import queue
from infocus_graphql.jobs.queue import Counts
from infocus_graphql.mail.message import Message
from infocus_graphql.mail.outbox import SEND_MAIL, mail_handler, post
from infocus_graphql.mail.transport import transport_of
from tests.jobs.conftest import Start, counts, database, rows, start, until, until_empty

from .conftest import BySmtp, Mailbox, Serve

__all__ = ["database", "start"]  # fixtures
MAIL = Message("anna@example.org", "Hello", "Hello\n", "<p>Hello</p>")
IMPATIENT = replace(SEND_MAIL, first_delay=timedelta(milliseconds=50))


async def test_a_mail_is_sent_after_the_commit_and_retried(
    database: Database, start: Start, serve: Serve, by_smtp: BySmtp
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]  # a free port after the block
    mailbox = Mailbox()

    async def change_your_mind(work: UnitOfWork) -> None:
        await post(work, Message("ben@example.org", "No", "No", "No"))
        raise not_found("reason")

    with pytest.raises(Refused):
        await database.transaction(change_your_mind)
    async with start({IMPATIENT: mail_handler(transport_of(by_smtp(port)))}):
        await database.transaction(post, MAIL)
        await until(lambda: _was_tried(database))
        assert (await counts(database)).dead == 0
        serve(mailbox, port=port)
        await until_empty(database)
    assert mailbox.recipients == ["anna@example.org"]
    assert await counts(database) == Counts(0, 0, 0, 0)


async def test_a_permanently_rejected_mail_is_a_dead_letter_without_names(
    database: Database, start: Start, serve: Serve, by_smtp: BySmtp
) -> None:
    mailbox = Mailbox(responses=["550 no such person: anna@example.org"])
    async with start({SEND_MAIL: mail_handler(transport_of(by_smtp(serve(mailbox).port)))}):
        await database.transaction(post, MAIL)
        await until_empty(database)
        (letter,) = await database.transaction(queue.dead_letters)
        assert (letter.kind, letter.attempts) == ("send_mail", 1)
        assert letter.reason == "the mail server rejected the recipient (550)"
        assert "anna" not in repr(await rows(database, "SELECT * FROM pgqueuer_log"))
        await database.transaction(queue.retry, [letter.id])
        await until_empty(database)
    assert mailbox.recipients == ["anna@example.org"]


async def _was_tried(database: Database) -> bool:
    return await rows(database, "SELECT attempts > 0 FROM pgqueuer") == [(True,)]
