"""A rolling restart behind HAProxy: no request fails."""

import json
import signal
import subprocess

import pytest

from tests.cli.conftest import PATIENCE, Start
from tests.cli.conftest import Server as Process
from tests.support.load import load, post

from .conftest import Balancer, Ports

pytestmark = pytest.mark.balancer
BODY = json.dumps({"query": "{ discoverMedia(first: 1) { totalCount } }"}).encode()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_request_fails_during_a_rolling_restart(
    balancer: Balancer, ports: Ports, variables: dict[str, str], start: Start, workers: str
) -> None:
    def serve(port: int) -> Process:
        return start("serve", "--port", str(port), "--workers", workers, **variables)

    running = {"one": serve(ports.one), "two": serve(ports.two)}
    balancer.waits_for("one", "two")
    with load(balancer.url, post("/graphql", BODY), clients=6) as clients:
        clients.last(50)
        for name, port in (("one", ports.one), ("two", ports.two)):
            running[name].process.send_signal(signal.SIGTERM)
            assert ended(running[name]) == 0
            clients.last(50)
            running[name] = serve(port)
            balancer.waits_for("one", "two")
            clients.last(50)
        outcomes = clients.stop()
    failed = [each for each in outcomes if each.status != 200]
    assert failed == []
    assert len(outcomes) >= 250
    for each in running.values():
        assert "Traceback" not in each.text


def ended(server: Process) -> int:
    """Stops a server with SIGTERM and returns its exit status."""
    try:
        return server.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise AssertionError(server.text) from None
