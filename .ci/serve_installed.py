"""Serves a database with an installed `infocus` that has no extras: serve_installed.py path/to/infocus."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

from infocus_graphql.db.embedded import EmbeddedPostgres

SECONDS = 60


def main(infocus: str) -> None:
    """Exits with 1 and the server's output when it doesn't serve."""
    with tempfile.TemporaryDirectory(prefix="infocus-installed-") as name:
        home = Path(name)
        postgres = EmbeddedPostgres(home / "postgres")
        postgres.start()
        try:
            kept = {
                key: text for key, text in os.environ.items() if not key.startswith(("INFOCUS_", "PYTHON"))
            }
            environment = kept | {"INFOCUS_DATABASE_URL": postgres.dsn(), "INFOCUS_DRAIN_SECONDS": "0"}
            for command in (["--help"], ["db", "upgrade"]):
                subprocess.run([infocus, *command], cwd=home, env=environment, check=True)
            serve(infocus, home, environment)
        finally:
            postgres.release()


def serve(infocus: str, home: Path, environment: dict[str, str]) -> None:
    """Starts a server, sends it an operation, and stops it."""
    output = home / "output"
    with output.open("wb") as target:
        command = [infocus, "serve", "--port", "0"]
        server = subprocess.Popen(command, cwd=home, env=environment, stdout=target, stderr=target)
    try:
        body = json.dumps({"query": "{ serverInfo { version } }"}).encode()
        request = Request(address(server, output), body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=SECONDS) as response:  # on this machine
            print(response.read().decode())
    except Exception:
        print(output.read_text())
        raise
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(SECONDS)


def address(server: "subprocess.Popen[bytes]", output: Path) -> str:
    """The address that the server prints."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and server.poll() is None:
        if found := re.search(r"http://\S+/graphql\b", output.read_text()):
            return found[0]
        time.sleep(0.1)
    raise TimeoutError("the server printed no address")


if __name__ == "__main__":
    main(sys.argv[1])
