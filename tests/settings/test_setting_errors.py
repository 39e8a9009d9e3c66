"""Error messages for invalid and unknown settings."""

import os
import re
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from annotated_types import Ge, Gt, Le
from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError

from infocus_graphql.cli.configuration import env_example
from infocus_graphql.cli.errors import describe_error
from infocus_graphql.graph.persisted import trusted_documents
from infocus_graphql.settings import Settings
from infocus_graphql.settings.errors import PREFIX, UnusableSetting, problems_of, variable
from infocus_graphql.settings.unknown_names import refuse_unreadable_file, unknown_settings

ROOT: Final = Path(__file__).resolve().parents[2]
JARGON: Final = re.compile(
    r"input should|unable to|pydantic|valid(ation)? error|value is not|\[type=|errno|urlsplit|base 10|"
    r"could not be cast|out of range|regex|pattern|traceback|sqlalchemy|asyncpg|alembic|unexpected",
    re.IGNORECASE,
)
WRONG: Final[dict[str, list[str]]] = {
    "env": ["staging", "Production", "prod"],
    "web_url": [
        "example.org",
        "ftp://example.org",
        "https://",
        "https://:443",
        "https://a b.org",
        "https://a.org:port",
        "https://a.org:99999",
        "https://a.org:0",
        "https://me:secret@a.org",
        "https://[::1",
        "https://a.org/#x",
        "https://a.org?",
    ],
    "api_url": ["example.org", "ftp://example.org", "https://me:secret@a.org"],
    "registration": ["everybody", "Open", "true"],
    "log_level": ["LOUD", "10", "TRACE", "WARN"],
    "log_format": ["JSON", "xml", "text"],
    "host": ["http://localhost", "localhost:8000", "a b", "[::1]"],
    "cors_origins": [
        "*",
        "app.example.org",
        "https://app.example.org/",
        "https://app.example.org:99999",
        "https://app.example.org https://b.example.org",
    ],
    "cors_headers": ["a b", "a:b", "x-*-y", "(a)"],
    "cors_exposed_headers": ["a b", "a:b"],
    "trusted_proxies": ["10.0.0.1/8", "proxy", "10.0.0.0/33", "*"],
    "proxy_header": ["x-real-ip", "a b"],
    "database_url": [
        "nonsense",
        "mysql://me:hush@db/films",
        "postgresql://me:hush@db:port/films",
        "postgresql://me:hush@db:99999/films",
        "postgresql:me:hush@db/films",
        "postgresql://me:hush@[db/films",
    ],
    "migration_database_url": ["nonsense", "mysql://me:hush@db/films", "postgresql://me:hush@db:port/films"],
    "data_dir": [__file__, f"{__file__}/data"],
    "mail": ["yes", "SMTP", "sendmail"],
    "tmdb_key": ["a key", "schlüssel"],
    "tmdb_url": ["api.themoviedb.org", "ftp://api.themoviedb.org", "https://api.themoviedb.org/3?key=1"],
    "tmdb_exports_url": ["files.tmdb.org", "ftp://files.tmdb.org", "https://files.tmdb.org/p/exports#x"],
    "mail_host": ["smtp://mail.example.org", "mail.example.org:587", "mail example"],
    "mail_security": ["ssl", "maybe", "true"],
    "mail_from": ["nobody", "A <a@example.org>, B <b@example.org>", "a@b@example.org"],
    "jwt_keys": ["no-colon", "one:short", "one:", ":" + "k" * 32],
    "jwt_key_files": ["no-colon", "one:", "a:b,a:c"],
    "passkey_domain": ["https://example.org", "example.org:443", "example", "a b.org"],
    "passkey_name": ["x" * 65],
    "passkey_origins": ["http://example.org", "example.org", "https://example.org:99999", "android:me"],
}
WRONG_TEXTS: Final[dict[type, list[str]]] = {
    bool: ["maybe", "2", "enabled"],
    int: ["many", "1.5", "1e3", "0x10", "ten", "-99999999999", "99999999999"],
    float: ["soon", "nan", "inf", "-1", "1e300"],
}
RATES: Final = [name for name in Settings.model_fields if name.startswith("rate_") and name != "rate_limits"]
# Settings that accept any text; files are read when they are used.
ANY: Final = {"pg_bin", "mail_username", "mail_password", "jwt_issuer", "jwt_audience", "trusted_documents"}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Removes the settings from the environment, and the variables of the tests."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def kind_of(name: str) -> Any:
    """Returns the type of a setting, without `None`."""
    annotation = Settings.model_fields[name].annotation
    return next((each for each in get_args(annotation) if each is not type(None)), annotation)


def wrong_texts() -> list[tuple[str, str]]:
    """Returns invalid values for every setting."""
    pairs = []
    for name in Settings.model_fields:
        kind = kind_of(name)
        texts = WRONG.get(name) or WRONG_TEXTS.get(kind, [])
        if name in RATES:
            texts = ["often", "0/m", "60", "60/d", "60/0m", "-1/m", "6.5/m", "٦/m"]
        if name == "rate_limits":
            texts = ["on", "true", "redis"]
        pairs += [(name, text) for text in texts]
    return pairs


@pytest.mark.parametrize(("name", "text"), wrong_texts())
def test_an_invalid_value_is_explained_with_the_name_of_its_setting(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable(name), text)
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    said = describe_error(caught.value)
    assert said.startswith(f"Settings: {variable(name)}"), said
    assert len(said.splitlines()) == 1
    assert JARGON.search(said) is None, said
    for secret in ("hush", "secret@", "k" * 32):
        assert secret not in said


def test_the_table_contains_every_setting() -> None:
    """Add invalid values of a new setting to `WRONG`, or the setting to `ANY`."""
    assert {name for name, _ in wrong_texts()} | ANY == set(Settings.model_fields)


def test_every_number_has_a_minimum_and_a_maximum() -> None:
    for name, field in Settings.model_fields.items():
        if kind_of(name) in {int, float}:
            kinds = {type(each) for each in field.metadata}
            assert Le in kinds and kinds & {Ge, Gt}, name


def test_all_invalid_settings_are_reported_together() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, port=70_000, workers=0, statement_timeout_ms=0)
    assert list(problems_of(caught.value, Settings.model_fields)) == [
        "INFOCUS_PORT must be a whole number from 0 to 65,535.",
        "INFOCUS_WORKERS must be a whole number from 1 to 64.",
        "INFOCUS_STATEMENT_TIMEOUT_MS must be a whole number from 1 to 3,600,000.",
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ENV", "prod", "must be `development`, `production` or `test`"),
        ("LOG_LEVEL", "LOUD", "must be `DEBUG`, `INFO`, `WARNING` or `ERROR`"),
        ("GRAPHIQL", "maybe", "must be `true` or `false`"),
        ("POOL_TIMEOUT_SECONDS", "0", "must be a number above 0 to 60"),
        ("PASSKEY_NAME", "x" * 65, "must be a text of 1 to 64 characters"),
        ("RATE_USER", "often", "write a number and a period in s, m or h, such as 60/m, 10/h or 30/5m"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, 10.0.0.1/8", "'10.0.0.1/8' is not a network"),
        ("CORS_ORIGINS", "https://a.org,https://b.org/x", "'https://b.org/x' is not an origin"),
    ],
)
def test_a_message_says_what_is_allowed(
    name: str, text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"INFOCUS_{name}", text)
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    assert words in describe_error(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "can't be read: No such file or directory"),
        ("not JSON", "is not JSON"),
        ("[]", "must hold a JSON object"),
        ('{"a": 1}', "must hold a JSON object"),
    ],
)
def test_invalid_trusted_documents_are_reported(content: str | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UnusableSetting) as caught:
        trusted_documents(path)
    said = describe_error(caught.value)
    assert said.startswith(f"INFOCUS_TRUSTED_DOCUMENTS: {path} ")
    assert words in said


def test_a_development_key_that_can_not_be_stored_names_the_setting(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(UnusableSetting) as caught:
        _ = settings.signing_keys
    assert describe_error(caught.value).startswith("INFOCUS_DATA_DIR: ")


def lines_of_example() -> list[str]:
    """Returns the lines of `.env.example`, uncommented."""
    return re.findall(r"^# (INFOCUS_\w+=.*)$", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)


def test_the_example_works_when_all_its_lines_are_uncommented(tmp_path: Path) -> None:
    assert [line.partition("=")[0] for line in lines_of_example()] == [
        variable(name) for name in example_order()
    ]
    (tmp_path / ".env").write_text("\n".join(lines_of_example()))
    assert Settings() == Settings(_env_file=None)
    assert unknown_settings(Settings) == []


@pytest.mark.parametrize("line", lines_of_example())
def test_each_line_of_the_example_works_alone(line: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(line)
    assert Settings() == Settings(_env_file=None)


def example_order() -> list[str]:
    """Returns all settings in the order of the example."""
    names = [name.removeprefix("# INFOCUS_").partition("=")[0].lower() for name in env_example().splitlines()]
    found = [name for name in names if name in Settings.model_fields]
    assert sorted(found) == sorted(Settings.model_fields)
    return found


def test_a_value_in_single_quotes_is_literal(tmp_path: Path) -> None:
    key = "one:" + 'a#b $c {d} \\n"e' * 3
    (tmp_path / ".env").write_text(f"INFOCUS_JWT_KEYS='{key}'")
    assert dotenv_values(tmp_path / ".env") == {"INFOCUS_JWT_KEYS": key}
    assert Settings().jwt_keys == {"one": SecretStr(key.removeprefix("one:"))}


def test_unknown_settings_are_reported_with_suggestions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFOCUS_PROT", "8000")
    monkeypatch.setenv("INFOCUS_QUITE_ANOTHER", "1")
    monkeypatch.setenv("infocus_port", "8000")
    monkeypatch.setenv("INFOCUS_ENV", "")
    (tmp_path / ".env").write_text("INFOCUS_MAILHOST=mail\nOTHER=1\nINFOCUS_EMPTY=\n")
    assert [str(each) for each in unknown_settings(Settings)] == [
        "INFOCUS_MAILHOST is not a setting; did you mean INFOCUS_MAIL_HOST?",
        "INFOCUS_PROT is not a setting; did you mean INFOCUS_PORT?",
        "INFOCUS_QUITE_ANOTHER is not a setting.",
    ]


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"INFOCUS_PASSKEY_NAME=\xff")
    with pytest.raises(UnusableSetting, match="not UTF-8"):
        refuse_unreadable_file(Settings)


DYNAMIC: Final = {
    "database_url": "an embedded PostgreSQL (extra `embedded`)",
    "jwt_keys": "a random key kept in `.infocus/`",
    "tmdb_key": "none",
    "mail_host": "mails become files in `.infocus/mail/`",
    "mail_from": "mails become files in `.infocus/mail/`",
    "web_url": "the server's own address",
    "api_url": "that of `INFOCUS_WEB_URL`",
    "mail_pages": "without `INFOCUS_WEB_URL`",
    "registration": "`open`; in production `verified`, or `invite` without mails",
    "passkey_domain": "that of `INFOCUS_WEB_URL`",
    "graphiql": "outside production",
    "introspection": "outside production",
    "data_browser": "outside production",
    "rate_limits": "`off`; in production `memory`, or `database` with several workers",
}


def documented_defaults() -> list[tuple[list[str], str]]:
    """Returns the settings in the table of docs/deployment.md with their defaults."""
    text = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    rows = re.findall(r"^\| (`INFOCUS_[^|]*) \| ([^|]*) \|", text, re.MULTILINE)
    return [(re.findall(r"`INFOCUS_(\w+)`", names), default) for names, default in rows]


@pytest.mark.parametrize(("names", "default"), documented_defaults())
def test_documented_defaults_match_the_code(names: list[str], default: str) -> None:
    settings = Settings(_env_file=None)
    fields = [name.lower() for name in names]
    if fields[0] in DYNAMIC:
        # These defaults are computed in code and tested elsewhere; only the text is compared here.
        assert {DYNAMIC[name] for name in fields} == {default}
        assert all(getattr(settings, name) in (None, {}) for name in fields)
        return
    shown = [getattr(settings, name) for name in fields]
    words = [f"{each:g}" if isinstance(each, float) else str(getattr(each, "value", each)) for each in shown]
    assert default == ", ".join(f"`{each}`" for each in words)
