"""The layout of mails. Blocks contain only plain text; this module alone renders and escapes HTML."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from textwrap import fill
from typing import Final, TypeAlias

from infocus_graphql.core.text import web_address

_FOOTER: Final = "InFocus sent you this e-mail because of activity related to this address."
_LAYOUT: Final = Template(Path(__file__).with_name("layout.html").read_text("utf-8"))
_BUTTON: Final = Template(
    '<p><a href="$link" style="display:inline-block;padding:10px 18px;border-radius:6px;'
    'background:#2557d6;color:#ffffff;text-decoration:none;font-weight:600">$label</a></p>\n'
    '<p style="font-size:13px;opacity:.7">Or open this link: '
    '<a href="$link" style="word-break:break-all">$link</a></p>'
)
_WIDTH: Final = 78
_LONGEST_LINK: Final = 2000


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text."""

    text: str

    def as_text(self) -> str:
        """The paragraph, wrapped to a readable width."""
        return fill(self.text, _WIDTH, break_long_words=False, break_on_hyphens=False)

    def as_html(self) -> str:
        """The paragraph as escaped HTML."""
        return f"<p>{escape(self.text)}</p>"


@dataclass(frozen=True, slots=True)
class Button:
    """A link to open in a browser. Raises ValueError unless `link` is an http or https URL."""

    label: str
    link: str

    def __post_init__(self) -> None:
        if web_address(self.link, maximum=_LONGEST_LINK) != self.link:
            raise ValueError("a link must not have surrounding white space")

    def as_text(self) -> str:
        """The label, and the link on its own line, so that mail programs find its end."""
        return f"{self.label}:\n{self.link}"

    def as_html(self) -> str:
        """A button, and the visible link below it."""
        return _BUTTON.substitute(link=escape(self.link), label=escape(self.label))


@dataclass(frozen=True, slots=True)
class Link:
    """A link in small type. Raises ValueError unless `link` is an http or https URL."""

    label: str
    link: str

    def __post_init__(self) -> None:
        if web_address(self.link, maximum=_LONGEST_LINK) != self.link:
            raise ValueError("a link must not have surrounding white space")

    def as_text(self) -> str:
        """The label, and the link on its own line."""
        return f"{self.label}:\n{self.link}"

    def as_html(self) -> str:
        """The label as a link."""
        return (
            f'<p style="font-size:13px;opacity:.7"><a href="{escape(self.link)}">{escape(self.label)}</a></p>'
        )


MailBlock: TypeAlias = Paragraph | Button | Link


def as_text(*blocks: MailBlock) -> str:
    """The blocks as plain text."""
    return (
        "\n\n".join([*(block.as_text() for block in blocks), f"-- \n{Paragraph(_FOOTER).as_text()}"]) + "\n"
    )


def as_html(title: str, *blocks: MailBlock) -> str:
    """The blocks as an HTML page without external resources."""
    body = "\n".join(block.as_html() for block in blocks)
    return _LAYOUT.substitute(title=escape(title), body=body, footer=escape(_FOOTER))
