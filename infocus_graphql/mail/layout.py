"""How mails look. Parts hold plain text only; this is the one place that turns it into HTML."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from textwrap import fill
from typing import Final, TypeAlias

from infocus_graphql.core.text import web_address

_FOOTER: Final = "InFocus sent this mail because of something that happened with this address there."
_LAYOUT: Final = Template(Path(__file__).with_name("layout.html").read_text("utf-8"))
_BUTTON: Final = Template(
    '<p><a href="$link" style="display:inline-block;padding:10px 18px;border-radius:6px;'
    'background:#2557d6;color:#ffffff;text-decoration:none;font-weight:600">$label</a></p>\n'
    '<p style="font-size:13px;opacity:.7">Or open this address: '
    '<a href="$link" style="word-break:break-all">$link</a></p>'
)
_WIDTH: Final = 78
_LONGEST_LINK: Final = 2000


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str

    def as_text(self) -> str:
        """The paragraph in lines of readable width."""
        return fill(self.text, _WIDTH, break_long_words=False, break_on_hyphens=False)

    def as_html(self) -> str:
        """The paragraph, whatever is in it, as text."""
        return f"<p>{escape(self.text)}</p>"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to open in a browser; refuses what is no address of the web."""

    label: str
    link: str

    def __post_init__(self) -> None:
        if web_address(self.link, maximum=_LONGEST_LINK) != self.link:
            raise ValueError("a link begins and ends without blanks")

    def as_text(self) -> str:
        """The address on a line of its own, so that programs find its end."""
        return f"{self.label}:\n{self.link}"

    def as_html(self) -> str:
        """A button, and the address for those who want to see it first."""
        return _BUTTON.substitute(link=escape(self.link), label=escape(self.label))


MailBlock: TypeAlias = Paragraph | Button


def as_text(*parts: MailBlock) -> str:
    """The parts as plain text."""
    return "\n\n".join([*(part.as_text() for part in parts), f"-- \n{Paragraph(_FOOTER).as_text()}"]) + "\n"


def as_html(title: str, *parts: MailBlock) -> str:
    """The parts as a page that loads nothing from anywhere."""
    body = "\n".join(part.as_html() for part in parts)
    return _LAYOUT.substitute(title=escape(title), body=body, footer=escape(_FOOTER))
