"""Logging: one line per operation, without secrets, and without blocking responses."""

import json
import logging
import os
import re
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import structlog
from starlette.applications import Starlette

from infocus_graphql.core.clock import now
from infocus_graphql.observability.logging import configure_logs
from infocus_graphql.observability.operation_log import JsonLines, kind_and_name
from tests.support.ids import SESSION, USER

from .conftest import client_of, make_settings

pytestmark = pytest.mark.usefixtures("own_logging")

SECRET = "my password"
BODY = {
    "query": "# comment\nquery Greeting($n: String!) { hello(name: $n) broken }",
    "variables": {"n": SECRET},
}
KEYS = ["operation", "type", "status", "ms", "viewer", "errors", "planned"]
KEYS += ["unplanned_reason", "event", "request_id", "level", "logger"]


async def lines_of(app: Starlette, capsys: pytest.CaptureFixture[str], token: str = "") -> str:
    """Sends a valid and an invalid request, and returns the log output."""
    async with client_of(app) as http:
        headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "r1"}
        await http.post("/graphql", json=BODY, headers=headers)
        await http.post("/graphql", content="{", headers={"Content-Type": "text/plain"})
    return capsys.readouterr().err


def token_of(app: Starlette) -> str:
    """Returns a valid token of `us1`."""
    made = app.state.services.tokens.access_token(user_id=USER, session_id=SESSION, is_staff=False)
    return str(made.text)


async def test_each_operation_is_one_line_of_json_without_its_values(
    app: Starlette, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(make_settings(log_format="json", log_level="INFO"))
    token = token_of(app)
    logged = await lines_of(app, capsys, token)
    lines = [line for line in map(json.loads, logged.splitlines()) if line["event"] == "operation"]
    first, second = lines
    assert list(first) == list(second) == [*KEYS, "timestamp"]
    assert (first["operation"], first["type"], first["status"]) == ("Greeting", "query", 200)
    assert (first["viewer"], first["errors"], first["request_id"]) == (USER, ["INTERNAL"], "r1")
    assert (first["level"], first["logger"]) == ("info", "infocus.http")
    assert first["ms"] > 0
    for line in (first, second):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["timestamp"])
    assert abs(datetime.fromisoformat(first["timestamp"]) - now()) < timedelta(minutes=1)
    assert (second["operation"], second["type"], second["viewer"]) == (None, None, None)
    assert (second["status"], second["errors"]) == (415, ["UNSUPPORTED_MEDIA_TYPE"])
    assert SECRET not in logged
    assert token not in logged


async def test_both_log_functions_write_the_same_fields(
    app: Starlette, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logs(make_settings(log_format="json", log_level="INFO"))
    straight = await lines_of(app, capsys, token_of(app))
    monkeypatch.setattr("infocus_graphql.observability.operation_log.operation_log.lines", None)
    usual = await lines_of(app, capsys, token_of(app))
    reported = [
        [line | {"ms": 0, "timestamp": ""} for line in map(json.loads, text.splitlines()) if "ms" in line]
        for text in (straight, usual)
    ]
    assert len(reported[0]) == 2
    reported[0][1]["request_id"] = reported[1][1]["request_id"]  # the generated one
    assert reported[0] == reported[1]


async def test_each_operation_is_one_line_on_a_console(
    app: Starlette, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(make_settings(log_format="console", log_level="INFO"))
    token = token_of(app)
    logged = await lines_of(app, capsys, token)
    first, second = (line for line in logged.splitlines() if "viewer=" in line)
    for words in ("operation=Greeting", "type=query", f"viewer={USER}", "request_id=r1", "status=200"):
        assert words in first
    assert "status=415" in second
    assert SECRET not in logged
    assert token not in logged


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_the_level_decides_whether_operations_are_logged(
    app: Starlette, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    configure_logs(make_settings(log_format=log_format, log_level="WARNING"))
    assert "viewer" not in await lines_of(app, capsys)


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ("{ a }", None, ("query", None)),
        ("query{a}", None, ("query", None)),
        ("mutation Add{a}", None, ("mutation", "Add")),
        ("query A{a} mutation B{b}", "B", (None, "B")),
        ("query A{a} mutation B{b}", "A", ("query", "A")),
        ("fragment F on T{a} query A{a}", "A", (None, None)),
        ("query A{a}", "evil\nline", (None, None)),
        (None, None, (None, None)),
    ],
)
def test_the_operation_name_is_logged_if_it_is_cheap_to_find(
    query: str | None, name: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert kind_and_name(query, name) == expected


def test_lines_are_dropped_and_counted_while_the_output_is_blocked() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as taken, os.fdopen(writing, "w", buffering=1) as stream:
        lines = JsonLines(stream)
        for number in range(2000):
            lines.write({"number": number, "text": "x" * 200})
        waiting = os.read(taken.fileno(), 10**6).decode().splitlines()
        lines.write({"number": -1})
        last = json.loads(os.read(taken.fileno(), 10**6))
        lines.write({"number": -2})
        assert json.loads(os.read(taken.fileno(), 10**6)) == {"number": -2}
    kept = [json.loads(line)["number"] for line in waiting]
    assert 10 < len(kept) < 2000
    assert kept == list(range(len(kept)))
    assert last == {"number": -1, "dropped": 2000 - len(kept)}


def test_a_closed_stream_and_invalid_text_raise_no_errors() -> None:
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w", buffering=1)
    lines = JsonLines(stream)
    lines.write({"text": "\ud800"})
    lines.write({"number": 1})
    assert json.loads(os.read(reading, 1000)) == {"number": 1, "dropped": 1}
    os.close(reading)
    lines.write({"number": 2})
    with suppress(BrokenPipeError):
        stream.close()
    lines.write({"number": 3})


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_logs_hide_secrets_and_local_variables(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    configure_logs(make_settings(log_format=log_format))
    password = "open sesame"
    try:
        raise ValueError(len(password))
    except ValueError:
        structlog.get_logger("infocus.test").exception("failed", password=password, name="Åsa")
    logging.getLogger("uvicorn.error").error("from a library")
    said = capsys.readouterr().err
    assert "failed" in said
    assert "Åsa" in said
    assert "ValueError: 11" in said
    assert "from a library" in said
    assert "open sesame" not in said


async def test_other_lines_of_a_request_carry_its_id(
    app: Starlette, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(make_settings(log_format="json", log_level="INFO"))
    logged = await lines_of(app, capsys)
    (failure,) = (line for line in map(json.loads, logged.splitlines()) if "incident" in line)
    assert (failure["event"], failure["request_id"]) == ("resolver failed", "r1")
    structlog.get_logger("infocus.test").warning("outside")
    assert "request_id" not in json.loads(capsys.readouterr().err)
