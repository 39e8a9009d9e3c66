"""A mail, as job data and in MIME format."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from secrets import token_hex
from typing import Any, Final

from infocus_graphql.core import emails
from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.normal_form import single_line
from infocus_graphql.mail.layout import MailBlock, as_html, as_text

_MAX_SUBJECT: Final = 200


class _OneLine(UnstructuredHeader, BaseHeader):
    """A header on one line: mail programs don't decode the encoded words into which a long URL is folded."""

    def fold(self, *, policy: Policy) -> str:
        """The header as it is."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _OneLine)
_POLICY: Final = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one address. Its id stays the same if it is sent more than once."""

    to: str
    subject: str
    text: str
    html: str
    id: str = field(default_factory=lambda: token_hex(16))
    # The URL that turns e-mails of this sort off with one POST (RFC 8058).
    unsubscribe: str | None = None

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
        mime = EmailMessage(policy=_POLICY)
        mime["From"] = from_
        local, _, domain = emails.ascii_form(self.to).rpartition("@")
        mime["To"] = Address(username=local, domain=domain)
        mime["Subject"] = self.subject
        mime["Date"] = format_datetime(sent_at)
        mime["Message-ID"] = f"<{self.id}@{from_.domain}>"
        mime["Auto-Submitted"] = "auto-generated"  # suppresses automatic replies
        if self.unsubscribe is not None:
            mime["List-Unsubscribe"] = f"<{self.unsubscribe}>"
            mime["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        # Old mail servers accept only 7-bit content.
        mime.set_content(self.text, cte="quoted-printable")
        mime.add_alternative(self.html, subtype="html", cte="quoted-printable")
        return mime


def one_line(text: str, maximum: int) -> str:
    """The text as a single line in normal form, truncated to `maximum` characters."""
    line = single_line(text)
    return line if len(line) <= maximum else line[: maximum - 1] + "…"
