"""Sending e-mails: to SMTP servers with and without TLS, and into files."""

import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from infocus_graphql.jobs.job_types import PermanentJobError, RetryableJobError
from infocus_graphql.mail.message import Message
from infocus_graphql.mail.transport import SmtpTransport, transport_of
from infocus_graphql.settings import Settings

from .conftest import PASSWORD, SENDER, BySmtp, Mailbox, Serve, check_password

MAIL = Message("änna@münchen.example", "Grüße", "Hällo\n", "<p>Hällo</p>")
PLAIN = Message("anna@example.org", "Hello", "Hello\n", "<p>Hello</p>")


async def test_a_mail_arrives_complete(serve: Serve, by_smtp: BySmtp) -> None:
    mailbox = Mailbox()
    await transport_of(by_smtp(serve(mailbox).port)).send(PLAIN)
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["anna@example.org"]
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "anna@example.org", "Hello")
    assert mail["Message-ID"] == f"<{PLAIN.id}@example.org>"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


async def test_addresses_and_text_may_be_non_ascii(serve: Serve, by_smtp: BySmtp) -> None:
    mailbox = Mailbox()
    await transport_of(by_smtp(serve(mailbox, enable_SMTPUTF8=True).port)).send(MAIL)
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["änna@xn--mnchen-3ya.example"]
    assert mail["Subject"] == "Grüße"


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_encrypted_server_gets_the_password(
    serve: Serve, by_smtp: BySmtp, certificate: tuple[ssl.SSLContext, ssl.SSLContext], security: str
) -> None:
    mailbox, (own, trusting) = Mailbox(), certificate
    starts_plain = security == "starttls"
    encrypted = {"tls_context": own, "require_starttls": True} if starts_plain else {"ssl_context": own}
    # The test server treats connections with implicit TLS as unencrypted.
    password = {"authenticator": check_password, "auth_require_tls": starts_plain}
    port = serve(mailbox, **encrypted, **password).port
    values = {"mail_security": security, "mail_username": "infocus"}
    known = by_smtp(port, mail_password=PASSWORD, **values)
    await SmtpTransport(known, trusting).send(PLAIN)
    assert len(mailbox.mails) == 1

    with pytest.raises(RetryableJobError, match="535") as refused:
        await SmtpTransport(by_smtp(port, mail_password="wrong", **values), trusting).send(PLAIN)
    assert not isinstance(refused.value, PermanentJobError)
    with pytest.raises(RetryableJobError, match="is unavailable"):  # an untrusted certificate
        await SmtpTransport(known).send(PLAIN)
    assert len(mailbox.mails) == 1


async def test_nothing_is_sent_unencrypted_if_tls_is_required(serve: Serve, by_smtp: BySmtp) -> None:
    mailbox = Mailbox()
    port = serve(mailbox).port
    with pytest.raises(RetryableJobError, match="is unavailable"):
        await transport_of(by_smtp(port, mail_security="starttls")).send(PLAIN)
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("response", "kind"), [("451 later", RetryableJobError), ("550 nobody", PermanentJobError)]
)
async def test_rejections_are_temporary_or_permanent_and_contain_no_addresses(
    serve: Serve, by_smtp: BySmtp, response: str, kind: type[RetryableJobError]
) -> None:
    port = serve(Mailbox(responses=[f"{response} <anna@example.org>"])).port
    with pytest.raises(RetryableJobError, match=f"rejected the recipient .{response[:3]}") as refused:
        await transport_of(by_smtp(port)).send(PLAIN)
    assert type(refused.value) is kind
    assert "anna" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_an_invalid_mail_fails_permanently(by_smtp: BySmtp) -> None:
    with pytest.raises(PermanentJobError):
        await transport_of(by_smtp(1)).send(Message("nobody", "Hello", "x", "x"))


async def test_without_a_server_mails_are_written_to_files(settings: Settings) -> None:
    with capture_logs() as logs:
        transport = transport_of(settings)
        await transport.send(MAIL)
        await transport.send(MAIL)  # sending the same mail again creates no second file
    folder = settings.data_dir / "mail"
    assert sorted(path.name for path in folder.iterdir()) == [f"{MAIL.id}.eml", f"{MAIL.id}.html"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    page = folder / f"{MAIL.id}.html"
    assert page.read_text("utf-8") == MAIL.html
    mail = message_from_bytes((folder / f"{MAIL.id}.eml").read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "Grüße"
    (line, _) = logs
    assert line == {
        "event": "mail written",
        "log_level": "info",
        "to": MAIL.to,
        "subject": "Grüße",
        "open": page.resolve().as_uri(),
    }


async def test_mail_can_be_disabled_with_a_clear_error(settings: Settings, tmp_path: Path) -> None:
    off = Settings(_env_file=None, data_dir=tmp_path / "data", mail="off", jwt_keys=settings.jwt_keys)
    with capture_logs() as logs:
        await transport_of(off).send(PLAIN)
    assert [line["event"] for line in logs] == ["mail is off: no mails are sent", "mail dropped: mail is off"]
    assert not (tmp_path / "data").exists()
