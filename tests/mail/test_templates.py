"""E-mail templates: content, escaping of user text, and no external resources."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest
from email_validator import EmailNotValidError

from infocus_graphql.core.client_info import ClientInfo
from infocus_graphql.core.errors import Refused
from infocus_graphql.mail import security_notifications, templates
from infocus_graphql.mail.layout import Button
from infocus_graphql.mail.message import Message, one_line

AT = datetime(2026, 11, 23, 1, 10, tzinfo=UTC)
TO = "anna@example.org"
LINK = "https://films.example/verify?token=a&b=1"
EVIL = '<img src="https://evil.example/x.png">\r\nBcc: eve@example.org\u202e"><script>alert(1)</script>'


def all_letters(name: str) -> list[Message]:
    """Returns one message of each kind, with `name` as all user-defined text."""
    day = timedelta(days=1)
    return [
        templates.verify_address(TO, name=name, link=LINK, valid_for=day),
        templates.reset_password(TO, name=name, link=LINK, valid_for=timedelta(minutes=90)),
        templates.address_was_changed(TO, name=name, new_address="ben@example.org", at=AT),
        templates.address_is_new(TO, name=name, at=AT),
        templates.session_was_ended(TO, name=name, device=name, ip_prefix="192.0.2.0/24", at=AT),
        templates.family_invitation(TO, inviter=name, family=name, link=LINK, valid_for=7 * day),
        security_notifications.password_was_changed(
            TO, name=name, where=ClientInfo("192.0.2.0/24", name), at=AT
        ),
        security_notifications.second_factor_was_added(TO, name=name, where=ClientInfo(), at=AT),
        security_notifications.second_factor_was_removed(TO, name=name, where=ClientInfo(None, name), at=AT),
        security_notifications.passkey_was_added(
            TO, name=name, passkey=name, where=ClientInfo(None, name), at=AT
        ),
        security_notifications.passkey_was_removed(TO, name=name, passkey=name, where=ClientInfo(), at=AT),
        security_notifications.passkey_was_rejected(
            TO, name=name, passkey=name, where=ClientInfo(None, name), at=AT
        ),
        security_notifications.api_token_was_created(TO, name=name, token=name, where=ClientInfo(), at=AT),
        templates.export_is_ready(TO, name=name, until=AT),
        templates.deletion_was_requested(TO, name=name, at=AT),
        templates.deletion_was_cancelled(TO, name=name),
        templates.account_was_deleted(TO, name=name, at=AT),
        templates.account_exists(TO, name=name, sign_in_link=LINK, reset_link=LINK),
    ]


class Tags(HTMLParser):
    """Collects the tags and URLs of an HTML page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        found = dict(attrs)
        assert not {"src", "srcset", "background", "onclick", "onload"} & set(found)
        assert "url(" not in (found.get("style") or "")
        if tag == "a":
            self.links.append(found["href"])


@pytest.mark.parametrize("message", all_letters("Anna & Ben"), ids=lambda each: each.subject)
def test_text_and_html_have_the_same_content(message: Message) -> None:
    page = Tags(message.html)
    assert page.names <= {"html", "head", "meta", "title", "body", "div", "p", "a"}
    assert set(page.links) <= {LINK}
    assert ("\n" + LINK + "\n" in message.text) == bool(page.links)
    assert "Anna & Ben" in message.text
    assert "Anna &amp; Ben" in message.html
    for line in message.text.splitlines():
        assert len(line) <= 78 or line == LINK


@pytest.mark.parametrize("message", all_letters(EVIL), ids=lambda each: each.subject[:20])
def test_user_text_is_escaped_and_not_in_headers(message: Message) -> None:
    page = Tags(message.html)
    assert page.names <= {"html", "head", "meta", "title", "body", "div", "p", "a"}
    assert set(page.links) <= {LINK}
    assert "\u202e" not in message.text + message.html + message.subject
    parsed = message_from_bytes(message.mime("InFocus <a@example.org>", AT).as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    assert set(parsed.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }
    assert parsed["To"] == TO
    assert parsed["Subject"] == message.subject
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == message.text
    assert html.get_content().replace("\r\n", "\n") == message.html


def test_a_subject_never_gets_a_second_line() -> None:
    crafted = Message(TO, "One\r\nBcc: eve@example.org", "text", "<p>text</p>")
    with pytest.raises(ValueError, match="linefeed"):
        crafted.mime("a@example.org", AT)
    for to in ("anna@example.org\r\nBcc: eve@example.org", "anna@example.org, eve@example.org", ""):
        with pytest.raises(EmailNotValidError):
            Message(to, "One", "text", "<p>text</p>").mime("a@example.org", AT)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", 'https://x.example/" onclick="', "", " https://a.example", "/verify"]
)
def test_only_http_urls_become_links(link: str) -> None:
    with pytest.raises((Refused, ValueError)):
        Button("Open", link)


def test_names_and_times_are_formatted_in_words() -> None:
    mail = templates.reset_password(TO, name=None, link=LINK, valid_for=timedelta(minutes=90))
    assert mail.text.startswith("Hello,\n")
    assert "90 minutes" in mail.text
    mail = templates.verify_address(TO, name="Anna", link=LINK, valid_for=timedelta(days=1))
    assert "expires in 1 day." in " ".join(mail.text.split())
    mail = templates.address_was_changed(TO, name=None, new_address="ben@example.org", at=AT)
    assert "23 November 2026 at 01:10 UTC" in " ".join(mail.text.split())
    assert "b…@example.org" in mail.text
    assert "ben@example.org" not in mail.text + mail.html
    assert (
        templates.family_invitation(
            TO, inviter=None, family="Us", link=LINK, valid_for=timedelta(seconds=45)
        ).subject
        == "Invitation to the family “Us”"
    )


def test_one_line_removes_line_breaks_and_invisible_characters() -> None:
    assert one_line(" a\r\n\tb\u2028c\x00\u200bd ", 20) == "a b cd"
    assert one_line("x" * 30, 20) == "x" * 19 + "…"


def test_a_mail_survives_the_queue_unchanged() -> None:
    (mail, *_) = all_letters("Anna")
    assert Message.from_data(mail.data()) == mail
    other = all_letters("Anna")[0]
    assert mail.id != other.id
    first, again = (mail.mime("InFocus <a@exämple.org>", AT)["Message-ID"] for _ in range(2))
    assert first == again == f"<{mail.id}@xn--exmple-cua.org>"
