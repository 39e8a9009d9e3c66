"""Collects the e-mails of a test: runs the queued jobs with the real handlers."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson
from sqlalchemy import text

from infocus_graphql import background
from infocus_graphql.graph.context import Services
from infocus_graphql.mail.message import Message

_TAKE = text("""
    DELETE FROM pgqueuer WHERE id = (SELECT min(id) FROM pgqueuer WHERE status = 'queued')
    RETURNING entrypoint, payload
""")


@dataclass
class Post:
    """Runs the queued jobs and collects the e-mails."""

    services: Services
    sent: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        """Collects an e-mail; implements the mail transport."""
        self.sent.append(message)

    async def delivered(self) -> list[Message]:
        """Runs the queued jobs and returns the e-mails since the last call."""
        database = self.services.database
        handlers = {
            kind.name: handler
            for kind, handler in background.handlers(self.services.settings, database, self).items()
        }
        while True:
            async with database.engines.write.begin() as connection:
                job = (await connection.execute(_TAKE)).first()
            if job is None:
                break
            await handlers[job.entrypoint](orjson.loads(job.payload))
        mails, self.sent = self.sent, []
        return mails

    async def one(self, to: str, subject: str) -> Message:
        """Returns the only e-mail since the last call, which must match."""
        (mail,) = await self.delivered()
        assert (mail.to, mail.subject) == (to, subject)
        return mail

    async def token(self, to: str, subject: str, page: str) -> str:
        """Returns the token of the link in the only e-mail since the last call."""
        return token_of(await self.one(to, subject), page)


def token_of(mail: Message, page: str) -> str:
    """Returns the token of the link to a page, which must be the same in text and HTML."""
    (link,) = re.findall(r"^https?://\S+#token=\S+$", mail.text, re.MULTILINE)
    assert link in mail.html
    parts = urlsplit(link)
    assert (parts.netloc, parts.path, parts.query) == ("127.0.0.1:8000", page, "")
    return str(parts.fragment).removeprefix("token=")
