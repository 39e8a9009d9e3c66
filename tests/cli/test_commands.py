"""Commands for the database, accounts, the schema file and `doctor`, and their error messages."""

import re
import subprocess
from pathlib import Path
from socket import gaierror

import asyncpg
import httpx
import pytest
from pydantic import ValidationError

from infocus_graphql.cli.configuration import env_example
from infocus_graphql.cli.errors import CliError, describe_error
from infocus_graphql.cli.tools import client_variables
from infocus_graphql.settings import Settings
from infocus_graphql.settings.errors import UnusableSetting

from .conftest import COMMAND, PATIENCE, ROOT, Run, Start, environment, postgres_of

NOWHERE = "postgresql://anna:topsecret@127.0.0.1:1/films"


def test_the_database_is_migrated_dumped_restored_and_reset(run: Run, folder: Path) -> None:
    before = run("db", "status")
    assert before.returncode == 1
    assert "infocus db upgrade" in before.stdout
    assert run("db", "upgrade").returncode == 0
    assert run("db", "status", "--check").returncode == 0

    password = "kiwi-4711-tree-lamp"
    made = run("user", "create", "anna@example.org", "--password-stdin", stdin=password + "\n")
    assert made.returncode == 0, made.stderr
    assert run("db", "dump", "films.dump").returncode == 0
    assert (folder / "films.dump").stat().st_mode & 0o077 == 0

    assert run("db", "reset", stdin="n\n").returncode == 1
    assert run("db", "reset", "--yes").returncode == 0
    assert run("user", "promote", "anna@example.org").returncode == 1
    restored = run("db", "restore", "films.dump", "--yes")
    assert restored.returncode == 0, restored.stderr
    assert run("user", "promote", "anna@example.org").returncode == 0
    without = run("user", "remove-second-factor", "anna@example.org")
    assert (without.returncode, len(without.stderr.splitlines())) == (1, 1)
    again = run("user", "create", "Anna@example.org", "--password-stdin", stdin=password + "\n")
    assert again.returncode == 1
    assert password not in again.stdout + again.stderr + made.stdout + made.stderr
    assert postgres_of(folder) == []


def test_a_weak_password_prints_an_error(run: Run) -> None:
    done = run("user", "create", "ben@example.org", "--password-stdin", stdin="short\n")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "8" in done.stderr


def test_an_invalid_dump_changes_nothing(run: Run, folder: Path) -> None:
    (folder / "letter.txt").write_text("Dear diary")
    done = run("db", "restore", "letter.txt", "--yes")
    assert done.returncode == 1
    assert "was not created by" in done.stderr
    assert "can't be read" in run("db", "restore", "missing.dump", "--yes").stderr


def test_production_databases_can_not_be_reset_or_seeded(run: Run) -> None:
    configured = {
        "INFOCUS_ENV": "production",
        "INFOCUS_DATABASE_URL": NOWHERE,
        "INFOCUS_JWT_KEYS": "one:" + "k" * 32,
        "INFOCUS_MAIL": "off",
    }
    for command in (("db", "reset", "--yes"), ("seed", "demo"), ("seed", "large")):
        done = run(*command, **configured)
        assert done.returncode == 1
        assert "production" in done.stderr


def test_the_schema_is_written_and_checked(run: Run, folder: Path) -> None:
    file = folder / "api.graphql"
    assert run("schema", "check", "--file", str(file)).returncode == 1
    assert run("schema", "export", "--file", str(file)).returncode == 0
    assert run("schema", "check", "--file", str(file)).returncode == 0
    assert run("schema", "export", "--file", "-").stdout == file.read_text("utf-8")
    file.write_text(file.read_text("utf-8").replace("type Query", "type Quarry"))
    changed = run("schema", "check", "--file", str(file))
    assert changed.returncode == 1
    assert "+type Query" in changed.stdout


def test_doctor_succeeds_on_a_development_machine(run: Run) -> None:
    done = run("doctor", INFOCUS_PORT="0")
    assert done.returncode == 0, done.stdout
    assert "embedded PostgreSQL" in done.stdout
    assert "for localhost" in done.stdout
    assert "fail" not in done.stdout
    assert "TMDB        no key (INFOCUS_TMDB_KEY)" in done.stdout


def test_doctor_reports_problems_without_secrets(run: Run) -> None:
    done = run("doctor", INFOCUS_DATABASE_URL=NOWHERE, INFOCUS_JWT_KEYS="one:" + "s3cret" * 8)
    assert done.returncode == 1
    assert "can't be reached" in done.stdout
    assert "topsecret" not in done.stdout + done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    broken = run("doctor", INFOCUS_JWT_KEYS="one:s3cret")
    assert broken.returncode == 1
    assert "shorter than 32 bytes" in broken.stdout
    assert "s3cret" not in broken.stdout + broken.stderr


def test_an_unavailable_database_prints_one_line(run: Run) -> None:
    done = run("db", "status", INFOCUS_DATABASE_URL=NOWHERE)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "topsecret" not in done.stderr


def test_debug_prints_the_traceback(run: Run) -> None:
    done = run("--debug", "db", "status", INFOCUS_DATABASE_URL=NOWHERE)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("args", [("--help",), ("db", "--help"), ("serve", "--help")])
def test_help_does_not_load_the_application(args: tuple[str, ...]) -> None:
    variables = environment(PYTHONPROFILEIMPORTTIME="1")
    done = subprocess.run([*COMMAND, *args], env=variables, capture_output=True, text=True, check=True)
    for heavy in ("strawberry", "sqlalchemy", "uvicorn"):
        assert f" {heavy}\n" not in done.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CliError("Plain."), "Plain."),
        (TimeoutError(), "The database can't be reached (timeout)"),
        (
            ConnectionRefusedError(111, "Connect call failed"),
            "The database can't be reached (connection refused)",
        ),
        (gaierror(-2, "Name or service not known"), "The database can't be reached (its host name can't be"),
        (asyncpg.InvalidPasswordError("wrong password"), "The database reported an error: wrong password"),
        (UnusableSetting("INFOCUS_X: Plain."), "INFOCUS_X: Plain."),
        (KeyError("x"), "Unexpected error (KeyError: 'x')"),
    ],
)
def test_errors_are_printed_as_sentences(error: Exception, words: str) -> None:
    assert describe_error(error).startswith(words)


def test_invalid_settings_are_named_by_their_variable() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, port=70_000, workers=0)
    said = describe_error(caught.value)
    assert "INFOCUS_PORT" in said
    assert "INFOCUS_WORKERS" in said


def test_client_programs_get_the_address_as_environment_variables() -> None:
    assert client_variables(NOWHERE) == {
        "PGHOST": "127.0.0.1",
        "PGPORT": "1",
        "PGUSER": "anna",
        "PGPASSWORD": "topsecret",
        "PGDATABASE": "films",
    }
    assert client_variables("postgresql://a@/b?host=/run/x")["PGHOST"] == "/run/x"


def test_env_example_is_up_to_date() -> None:
    assert (ROOT / ".env.example").read_text("utf-8") == env_example()


def test_every_setting_is_documented() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


def test_unknown_settings_cause_a_warning(run: Run, start: Start, tmp_path: Path) -> None:
    wrong = {"INFOCUS_PROT": "1", "INFOCUS_TRUSTED_DOCUMENTS": str(tmp_path / "missing.json")}
    found = run("doctor", INFOCUS_PORT="0", INFOCUS_DATABASE_URL=NOWHERE, **wrong).stdout
    assert "warn  Settings    INFOCUS_PROT is not a setting; did you mean INFOCUS_PORT?" in found
    assert "fail  Documents   INFOCUS_TRUSTED_DOCUMENTS: " in found
    several = run("doctor", INFOCUS_PORT="x", INFOCUS_LOG_LEVEL="LOUD", INFOCUS_PROT="1").stdout
    assert re.findall(r"^\w+ +Settings +(INFOCUS_\w+)", several, re.MULTILINE) == [
        "INFOCUS_PORT",
        "INFOCUS_LOG_LEVEL",
        "INFOCUS_PROT",
    ]
    server = start("serve", "--port", "0", INFOCUS_DATABASE_URL=NOWHERE, INFOCUS_PROT="1")
    httpx.get(f"{server.url()}/livez", timeout=PATIENCE)
    assert server.text.count("INFOCUS_PROT") == 1
    assert server.end() == 0


def test_invalid_trusted_documents_prevent_the_start(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "missing.json"
    wrong = {"INFOCUS_DATABASE_URL": NOWHERE, "INFOCUS_TRUSTED_DOCUMENTS": str(path)}
    done = run("serve", "--port", "0", **wrong)
    assert done.returncode == 1
    assert done.stderr == f"INFOCUS_TRUSTED_DOCUMENTS: {path} can't be read: No such file or directory.\n"
