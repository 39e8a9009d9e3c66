"""Database URLs: common forms work, and errors don't contain the password."""

import traceback

import pytest
from sqlalchemy import text

from infocus_graphql.db.addresses import normalise_url
from infocus_graphql.db.engines import json_text, make_engines
from infocus_graphql.settings import Settings

PASSWORD = "hush4711"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg"])
def test_all_postgresql_schemes_select_the_driver(scheme: str) -> None:
    url = normalise_url(f"{scheme}://me:{PASSWORD}@db.example:6432/infocus")
    assert url.render_as_string(hide_password=False) == (
        f"postgresql+asyncpg://me:{PASSWORD}@db.example:6432/infocus"
    )


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ("", {}),
        ("sslmode=require", {"ssl": "require"}),
        ("sslmode=verify-full", {"ssl": "verify-full"}),
        ("ssl=disable", {"ssl": "disable"}),
        ("host=/var/run/postgresql", {"host": "/var/run/postgresql"}),
        ("host=/tmp&port=5433&sslmode=disable", {"host": "/tmp", "port": "5433", "ssl": "disable"}),
        ("target_session_attrs=read-write", {"target_session_attrs": "read-write"}),
    ],
)
def test_parameters_are_translated_for_the_driver(parameters: str, query: dict[str, str]) -> None:
    assert dict(normalise_url(f"postgresql://me@db/infocus?{parameters}").query) == query


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"mysql://me:{PASSWORD}@db/infocus", "postgresql://"),
        (f"sqlite:///{PASSWORD}", "postgresql://"),
        (f"postgresql://me:a@db:{PASSWORD}/infocus", "percent-encoding"),
        (PASSWORD, "postgresql://user"),
        ("", "postgresql://user"),
        (f"{PASSWORD}://db/infocus", "postgresql://"),
        (f"postgresql://me:{PASSWORD}@db/infocus?channel_binding=require", "'channel_binding'"),
        (f"postgresql://me:{PASSWORD}@db/infocus?sslmode=sometimes", "verify-full"),
        (f"postgresql://me:{PASSWORD}@db/infocus?sslmode=require&sslmode=disable", "verify-full"),
    ],
)
def test_an_invalid_url_is_explained_without_its_password(url: str, words: str) -> None:
    with pytest.raises(ValueError, match="INFOCUS_DATABASE_URL") as error:
        normalise_url(url)
    assert words in str(error.value)
    reported = "".join(line for line in traceback.format_exception(error.value) if "File" not in line)
    assert PASSWORD not in reported.replace(repr(url), "")


async def test_sslmode_reaches_the_driver(database_url: str, settings: Settings) -> None:
    engines = make_engines(f"{database_url}&sslmode=disable", settings)
    try:
        for engine, name in ((engines.read, "infocus-read"), (engines.write, "infocus-write")):
            async with engine.connect() as connection:
                shown = [
                    await connection.scalar(text(f"SHOW {setting}"))
                    for setting in ("application_name", "timezone", "statement_timeout", "lock_timeout")
                ]
                assert shown == [name, "UTC", "15s", "2s"]
    finally:
        await engines.dispose()


def test_connection_errors_do_not_contain_the_password(settings: Settings) -> None:
    engines = make_engines(f"postgresql://me:{PASSWORD}@127.0.0.1:1/infocus", settings)
    assert PASSWORD not in repr(engines)


def test_json_for_the_database_is_compact() -> None:
    assert json_text({"a": [1, None, "ключ"]}) == '{"a":[1,null,"ключ"]}'
