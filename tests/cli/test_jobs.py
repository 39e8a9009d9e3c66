"""`infocus jobs`, `infocus worker`, and the worker in a server process."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from infocus_graphql.cli.commands import app
from infocus_graphql.cli.errors import CliError
from infocus_graphql.db.database import Database
from infocus_graphql.db.engines import make_engines
from infocus_graphql.mail.message import Message
from infocus_graphql.mail.outbox import post
from infocus_graphql.settings import Environment, Settings
from tests.sample_rows import run as run_sql

from .conftest import PATIENCE, Run, Start

MAIL = Message("anna@example.org", "Hello", "Hello\n", "<p>Hello</p>")
DEAD = """
INSERT INTO pgqueuer (priority, status, entrypoint, payload, updated) VALUES
    (0, 'failed', 'send_mail', '{"to": "anna@example.org"}', '2026-11-23 01:10+00'),
    (0, 'failed', 'send_mail', '{}', '2026-11-23 01:10+00'), (0, 'queued', 'send_mail', '{}', now());
INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback)
    VALUES (1, 'failed', 0, 'send_mail', '{"exception_message"\\: "the server refused the recipient (550)"}')
"""

Say = Callable[..., str]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Say:
    """Runs `infocus jobs` on this test's database and returns the output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFOCUS_DATABASE_URL", database_url)

    def run(*args: str, stdin: str = "") -> str:
        result = CliRunner().invoke(app, ["jobs", *args], input=stdin)
        if isinstance(result.exception, CliError):
            return f"{result.output}{result.exception}"
        assert result.exit_code == 0 or result.exception is not None
        return result.output

    return run


def test_dead_letters_are_listed_retried_and_dropped(say: Say, database_url: str) -> None:
    asyncio.run(run_sql(database_url, DEAD))
    listed = say("list")
    assert listed.splitlines() == [
        "1 waiting, 0 delayed, 0 running, 2 dead.",
        "  1  send_mail  failed 2026-11-23T01:10:00.000000Z, attempt 1: "
        "the server refused the recipient (550)",
        "  2  send_mail  failed 2026-11-23T01:10:00.000000Z, attempt 1: ",
    ]
    assert "anna" not in listed
    assert "--all" in say("retry")
    assert "--all" in say("retry", "1", "--all")
    assert say("retry", "1", "77").startswith("1 of 2 will be retried.")
    assert say("list").startswith("2 waiting, 0 delayed, 0 running, 1 dead.")
    assert "Aborted" in say("drop", "--all", stdin="n\n")
    assert say("drop", "2", "--yes") == "1 of 1 deleted.\n"
    assert say("drop", "--all", "--yes") == "0 of 0 deleted.\n"
    assert say("list") == "2 waiting, 0 delayed, 0 running, 0 dead.\n"


def send(url: str) -> None:
    """Enqueues an e-mail, as a use case does."""

    async def in_transaction() -> None:
        database = Database(make_engines(url, Settings(_env_file=None, env=Environment.TEST)))
        await database.transaction(post, MAIL)
        await database.dispose()

    asyncio.run(in_transaction())


def wait_for(file: Path) -> None:
    """Waits until the file exists."""
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_sends_mails_and_stops_on_a_signal(start: Start, database_url: str, tmp_path: Path) -> None:
    send(database_url)
    worker = start("worker", INFOCUS_DATABASE_URL=database_url, INFOCUS_DATA_DIR=str(tmp_path))
    page = tmp_path / "mail" / f"{MAIL.id}.html"
    wait_for(page)
    assert worker.end(signal.SIGTERM) == 0, worker.text
    assert page.as_uri() in worker.text
    assert worker.remains() == []
    assert "Traceback" not in worker.text


def test_a_server_can_run_jobs_itself(start: Start, database_url: str, tmp_path: Path) -> None:
    server = start(
        "serve",
        "--with-worker",
        "--port",
        "0",
        INFOCUS_DATABASE_URL=database_url,
        INFOCUS_DATA_DIR=str(tmp_path),
    )
    url = server.url()
    send(database_url)
    wait_for(tmp_path / "mail" / f"{MAIL.id}.html")
    assert httpx.get(f"{url}/readyz", timeout=PATIENCE).status_code == 200
    assert server.end(signal.SIGINT) == 0, server.text
    assert server.remains() == []
    assert "Traceback" not in server.text


def test_production_needs_a_mail_backend(run: Run) -> None:
    configured = {
        "INFOCUS_ENV": "production",
        "INFOCUS_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c",
        "INFOCUS_JWT_KEYS": "one:" + "k" * 32,
    }
    done = run("serve", "--with-worker", **configured)
    assert done.returncode == 1
    assert done.stderr == "Settings: production requires INFOCUS_MAIL_HOST (or INFOCUS_MAIL=off).\n"
