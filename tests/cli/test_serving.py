"""`infocus dev` and `infocus serve` as processes: start, requests, and a clean end."""

import re
import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from infocus_graphql.cli.errors import CliError
from infocus_graphql.cli.serving import address_of, listen

from .conftest import PATIENCE, Run, Start, postgres_of

HELLO = {"query": "{ serverInfo { __typename } }"}


def ask(url: str) -> httpx.Response:
    """Sends a small query and returns the response."""
    return httpx.post(f"{url}/graphql", json=HELLO, timeout=PATIENCE)


@pytest.mark.parametrize("options", [(), ("--no-reload",)])
def test_dev_serves_a_ready_api_and_ends_with_ctrl_c(
    start: Start, folder: Path, options: tuple[str, ...]
) -> None:
    server = start("dev", "--port", "0", *options)
    url = server.url()
    assert ask(url).json()["data"]
    assert "Demo accounts" in server.text
    assert "Catalogue  a local TMDB with" in server.text
    assert httpx.get(f"{url}/readyz", timeout=PATIENCE).status_code == 200
    explorer = httpx.get(f"{url}/", follow_redirects=True, timeout=PATIENCE)
    assert explorer.status_code == 200
    assert explorer.url.path == "/graphiql"
    assert postgres_of(folder)

    assert server.end() == 0, server.text
    assert server.remains() == []
    assert postgres_of(folder) == []
    assert "Traceback" not in server.text


def test_commands_beside_dev_use_its_database_and_a_local_tmdb(start: Start, run: Run) -> None:
    server = start("dev", "--port", "0", "--no-reload")
    server.url()
    line = re.search(r"^ *(curl .*)$", server.text, re.MULTILINE)
    assert line is not None
    done = subprocess.run(shlex.split(line[1]), capture_output=True, text=True, check=True)
    assert '"data"' in done.stdout
    assert "errors" not in done.stdout
    shown = run("catalogue", "show", "tv", "70523")
    assert shown.returncode == 0, shown.stderr
    assert "title              Dark\n" in shown.stdout
    assert "TMDB: a local TMDB with" in shown.stderr
    assert server.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("workers", "number"), [("1", signal.SIGINT), ("1", signal.SIGTERM), ("2", signal.SIGINT)]
)
def test_serve_stops_on_sigint_and_sigterm(start: Start, folder: Path, workers: str, number: int) -> None:
    server = start("serve", "--port", "0", "--workers", workers)
    response = ask(server.url())
    assert response.status_code == 200
    assert "server" not in response.headers
    assert server.end(number) == 0, server.text
    assert server.remains() == []
    assert postgres_of(folder) == []
    assert "Traceback" not in server.text


def test_ctrl_c_during_the_start_is_no_error(start: Start, folder: Path) -> None:
    assert postgres_of(folder) == []
    server = start("dev", "--port", "0", "--no-reload")
    deadline = time.monotonic() + PATIENCE
    while not postgres_of(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.end() == 0, server.text
    assert postgres_of(folder) == []
    assert "Traceback" not in server.text


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_a_port_in_use_prints_a_clear_error(run: Run, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(command, "--port", port)
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_production_needs_required_settings(run: Run) -> None:
    done = run("serve", INFOCUS_ENV="production")
    assert done.returncode == 1
    assert "INFOCUS_DATABASE_URL" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    configured = {
        "INFOCUS_ENV": "production",
        "INFOCUS_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c",
        "INFOCUS_JWT_KEYS": "one:" + "k" * 32,
        "INFOCUS_MAIL": "off",
    }
    assert "not for production" in run("dev", "--port", "0", **configured).stderr


def test_serve_opens_its_port_without_a_database(start: Start) -> None:
    server = start("serve", "--port", "0", INFOCUS_DATABASE_URL="postgresql://a:b@127.0.0.1:1/c")
    url = server.url()
    assert httpx.get(f"{url}/livez", timeout=PATIENCE).status_code == 200
    assert httpx.get(f"{url}/readyz", timeout=PATIENCE).status_code == 503
    assert server.end() == 0


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("localhost", None)],
)
def test_the_printed_address_can_be_opened_on_this_machine(host: str, shown: str | None) -> None:
    with listen(host, 0, "dev") as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) in {
            f"http://{shown or '127.0.0.1'}:{port}",
            f"http://[::1]:{port}",
        }


def test_an_address_of_another_machine_prints_a_clear_error() -> None:
    with pytest.raises(CliError, match=r"Can't listen on 203\.0\.113\.1"):
        listen("203.0.113.1", 0, "dev")
