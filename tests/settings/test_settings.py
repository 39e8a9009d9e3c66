"""Settings: parsing, defaults and validation."""

import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infocus_graphql.settings import Environment, Registration, Settings
from infocus_graphql.settings.mail import MailBackend

KEY = "k" * 32
URL = "postgresql://infocus@db/infocus"


def made(**values: Any) -> Settings:
    """Returns settings from `values` only."""
    return Settings(_env_file=None, **values)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"INFOCUS_{name.upper()}", raising=False)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (f"one:{KEY}", {"one": KEY}),
        (f" one:{KEY} , two:{KEY}2 ,", {"one": KEY, "two": KEY + "2"}),
        (f"one:{KEY}:with:colons=", {"one": KEY + ":with:colons="}),
        ("one:" + "ä" * 16, {"one": "ä" * 16}),
        ("", {}),
    ],
)
def test_keys_are_pairs_in_their_order(
    monkeypatch: pytest.MonkeyPatch, text: str, keys: dict[str, str]
) -> None:
    monkeypatch.setenv("INFOCUS_JWT_KEYS", text)
    found = made().jwt_keys
    assert [(kid, key.get_secret_value()) for kid, key in found.items()] == list(keys.items())
    assert made(jwt_keys=text).jwt_keys == found


@pytest.mark.parametrize(
    "text",
    [
        "no-colon-in-this-text-of-many-letters",
        f":{KEY}",
        "one:",
        f"one:{KEY},{KEY}",
        f"one:{KEY},one:{KEY}2",
        "one:" + "k" * 31,
    ],
)
def test_invalid_keys_are_rejected_and_not_printed(text: str) -> None:
    for value in (text, {"one": "k" * 31}):
        with pytest.raises(ValidationError) as error:
            made(jwt_keys=value)
        assert "jwt_keys" in str(error.value)
        assert "k" * 31 not in str(error.value)
        assert text not in str(error.value)


def test_production_needs_a_database_and_keys() -> None:
    production = {"env": "production", "database_url": URL, "jwt_keys": f"one:{KEY}", "mail": "off"}
    assert made(**production).production
    for name, variable in (("database_url", "INFOCUS_DATABASE_URL"), ("jwt_keys", "INFOCUS_JWT_KEYS")):
        for empty in ({}, {name: ""}):
            with pytest.raises(ValidationError, match=variable):
                made(**{key: value for key, value in production.items() if key != name}, **empty)


def test_production_is_closed_and_development_is_open_by_default() -> None:
    closed = made(env="production", database_url=URL, jwt_keys=f"one:{KEY}", mail="off")
    assert (closed.serves_graphiql, closed.allows_introspection, closed.secure_cookies) == (
        False,
        False,
        True,
    )
    opened = made()
    assert opened.env is Environment.DEVELOPMENT
    assert (opened.serves_graphiql, opened.allows_introspection, opened.secure_cookies) == (True, True, False)
    asked = made(graphiql=False, introspection=False, cookie_secure=True)
    assert (asked.serves_graphiql, asked.allows_introspection, asked.secure_cookies) == (False, False, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"access_token_minutes": 16},
        {"refresh_token_days": 31},
        {"session_days": 31},
        {"refresh_grace_seconds": 11},
        {"port": 65536},
        {"env": "staging"},
        {"argon2_memory_kib": 1},
    ],
)
def test_numbers_out_of_range_are_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        made(**wrong)


def test_the_default_lifetimes_are_those_of_the_specification() -> None:
    settings = made()
    assert settings.access_token_minutes == 15
    assert (settings.refresh_token_days, settings.session_days) == (7, 30)


def test_settings_hide_secrets_and_are_immutable() -> None:
    settings = made(database_url="postgresql://a:hunter22@db/x", jwt_keys=f"one:{KEY}")
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hunter22" not in shown
        assert KEY not in shown
    with pytest.raises(ValidationError):
        setattr(settings, "port", 1)  # noqa: B010 - mypy rejects the assignment, too


def test_concurrent_starts_create_one_development_key(tmp_path: Path) -> None:
    home = tmp_path / "a folder" / "data"
    together, found = threading.Barrier(8), []

    def start() -> None:
        together.wait()
        found.append(made(data_dir=home).signing_keys)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert {key for keys in found for key in keys.values()} == {(home / "development.key").read_bytes()}
    (kept,) = home.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(kept.read_bytes()) >= 32
    assert made(data_dir=home).signing_keys == found[0]
    assert made(data_dir=tmp_path / "other").signing_keys != found[0]


def test_a_damaged_development_key_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "development.key").write_bytes(b"short")
    with pytest.raises(ValueError, match="damaged"):
        _ = made(data_dir=tmp_path).signing_keys
    assert [each.name for each in tmp_path.iterdir()] == ["development.key"]


def test_configured_keys_need_no_file(tmp_path: Path) -> None:
    assert made(data_dir=tmp_path, jwt_keys=f"one:{KEY}").signing_keys == {"one": KEY.encode()}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "way"),
    [
        ({}, MailBackend.FILE),
        ({"mail_host": "mail", "mail_from": "InFocus <a@example.org>"}, MailBackend.SMTP),
        ({"mail_host": "mail", "mail_from": "a@example.org", "mail": "off"}, MailBackend.OFF),
    ],
)
def test_the_mail_backend_depends_on_the_settings(values: dict[str, Any], way: MailBackend) -> None:
    assert made(**values).mail_backend is way


def test_production_needs_a_mail_backend() -> None:
    production = {"env": "production", "database_url": URL, "jwt_keys": f"one:{KEY}"}
    with pytest.raises(ValidationError, match="INFOCUS_MAIL_HOST"):
        made(**production)
    smtp = {**production, "mail_host": "mail", "mail_from": "a@example.org"}
    with pytest.raises(ValidationError, match="INFOCUS_WEB_URL"):
        made(**smtp)
    assert made(**smtp, web_url="https://example.org").mail_backend is MailBackend.SMTP


def test_the_registration_mode_is_configured_or_depends_on_the_environment() -> None:
    production = {"env": "production", "database_url": URL, "jwt_keys": f"one:{KEY}"}
    smtp = {"mail_host": "mail", "mail_from": "a@example.org", "web_url": "https://example.org"}
    assert made().registration_mode is Registration.OPEN
    assert made(**production, **smtp).registration_mode is Registration.VERIFIED
    assert made(**production, mail="off").registration_mode is Registration.INVITE
    for mode in Registration:
        assert made(**production, **smtp, registration=mode.value).registration_mode is mode
    with pytest.raises(ValidationError, match="requires mail"):
        made(mail="off", registration="verified")


def test_links_use_the_configured_urls() -> None:
    assert made(port=8123).web_address == "http://127.0.0.1:8123"
    for given in ("https://example.org", "https://example.org/"):
        assert made(web_url=given).web_address == "https://example.org"
    assert made(web_url="https://example.org/films/").web_address == "https://example.org/films"
    for wrong in ("example.org", "ftp://example.org", "https://", "https://a.org/#x", "https://a.org/?x=1"):
        with pytest.raises(ValidationError, match="web_url"):
            made(web_url=wrong)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"mail_host": "mail"}, "INFOCUS_MAIL_FROM"),
        ({"mail": "smtp"}, "INFOCUS_MAIL_HOST"),
        ({"mail_username": "a"}, "INFOCUS_MAIL_PASSWORD"),
        ({"mail_username": "a", "mail_password": "hunter22", "mail_security": "none"}, "starttls"),
        ({"mail_from": "nobody"}, "mail_from"),
        ({"mail_from": "A <a@example.org>, B <b@example.org>"}, "mail_from"),
        ({"mail_from": "A\r\nBcc: b@example.org <a@example.org>"}, "mail_from"),
        ({"mail_security": "maybe"}, "mail_security"),
    ],
)
def test_incomplete_mail_settings_are_rejected(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as error:
        made(**wrong)
    assert "hunter22" not in str(error.value)
