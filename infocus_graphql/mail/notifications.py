"""The e-mails of notifications, single ones and digests. Each has links to turn them off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from infocus_graphql.mail.layout import Button, Link, MailBlock, Paragraph
from infocus_graphql.mail.message import Message, one_line
from infocus_graphql.mail.templates import greeting

_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Item:
    """A notification in an e-mail. The text contains user input."""

    title: str
    text: str


def single(to: str, *, name: str | None, item: Item, link: str, unsubscribe: str) -> Message:
    """An e-mail for one notification."""
    return _message(to, item.title, name, [item], link, unsubscribe)


def digest(
    to: str, *, name: str | None, items: Sequence[Item], more: int, link: str, unsubscribe: str
) -> Message:
    """The notifications of a day."""
    number = len(items) + more
    rest = [Paragraph(f"And {more} more.")] if more else []
    subject = "1 notification" if number == 1 else f"{number} notifications"
    return _message(to, subject, name, items, link, unsubscribe, *rest)


def _message(
    to: str,
    subject: str,
    name: str | None,
    items: Sequence[Item],
    link: str,
    unsubscribe: str,
    *rest: MailBlock,
) -> Message:
    texts = [Paragraph(one_line(item.text, _LONGEST)) for item in items]
    button = Button("Open InFocus", link)
    message = Message.compose(
        to,
        subject,
        greeting(name),
        *texts,
        *rest,
        button,
        Link("Unsubscribe from these e-mails", unsubscribe),
    )
    return replace(message, unsubscribe=unsubscribe)
