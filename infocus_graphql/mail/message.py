"""A mail, as job data and in MIME format."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from secrets import token_hex
from typing import Any, Final

from infocus_graphql.core import emails
from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.normal_form import single_line
from infocus_graphql.mail.layout import MailBlock, as_html, as_text

_MAX_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one address. Its id stays the same if it is sent more than once."""

    to: str
    subject: str
    text: str
    html: str
    id: str = field(default_factory=lambda: token_hex(16))

    @classmethod
    def compose(cls, to: str, subject: str, *blocks: MailBlock) -> "Message":
        """A mail with these blocks as plain text and as HTML."""
        title = one_line(subject, _MAX_SUBJECT)
        return cls(to, title, as_text(*blocks), as_html(title, *blocks))

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Message":
        """The mail that `data()` serialised."""
        return cls(**data)

    def data(self) -> JsonObject:
        """The mail as JSON-serialisable data for the job queue."""
        return asdict(self)

    def mime(self, sender: str, sent_at: datetime) -> EmailMessage:
        """The mail in MIME format. Raises ValueError for an invalid address.

        If a mail is sent twice by accident, both have the same Message-ID, so that mailboxes can detect the
        duplicate.
        """
        from_ = emails.sender(sender)
        mime = EmailMessage(policy=SMTP)
        mime["From"] = from_
        local, _, domain = emails.ascii_form(self.to).rpartition("@")
        mime["To"] = Address(username=local, domain=domain)
        mime["Subject"] = self.subject
        mime["Date"] = format_datetime(sent_at)
        mime["Message-ID"] = f"<{self.id}@{from_.domain}>"
        mime["Auto-Submitted"] = "auto-generated"  # suppresses automatic replies
        # Old mail servers accept only 7-bit content.
        mime.set_content(self.text, cte="quoted-printable")
        mime.add_alternative(self.html, subtype="html", cte="quoted-printable")
        return mime


def one_line(text: str, maximum: int) -> str:
    """The text as a single line in normal form, truncated to `maximum` characters."""
    line = single_line(text)
    return line if len(line) <= maximum else line[: maximum - 1] + "…"
