"""Subscriptions on a real server: a worker is killed, the server is stopped, a session is ended."""

import hashlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest_asyncio

from infocus_graphql.app import make_services
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.settings import Environment, Settings
from tests.http.live.conftest import PATIENCE, PROTOCOL, Socket, wait_until
from tests.support.factories import Factories
from tests.support.process import KEYS
from tests.support.server import Server as Databases

from .conftest import Server, Start
from .test_workers import LINUX, workers_of

PASSWORD = "a passphrase"
SIGN_IN = """
mutation ($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password, useCookie: false}) { accessToken }
}
"""
SIGN_IN_WITH_COOKIE = "mutation ($input: SignInInput!) { signIn(input: $input) { refreshToken } }"
CREATE = "mutation ($name: String!) { createFamily(input: {name: $name}) { family { id } errors { code } } }"
CREATE_TOKEN = """
mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret apiToken { id } } }
"""
REVOKE_TOKEN = """
mutation ($input: RevokeApiTokenInput!) { revokeApiToken(input: $input) { errors { code } } }
"""
EVENTS = "subscription { viewerEvents { type family { name } } }"
JOINED = "MEMBER_JOINED"


@dataclass(frozen=True)
class Setting:
    """A database with a user, and the settings of servers on it."""

    user: User
    variables: dict[str, str]


@pytest_asyncio.fixture
async def setting(server: Databases, template: str, tmp_path: Path) -> AsyncIterator[Setting]:
    """A new database with a user."""
    url = await server.create_database(template)
    settings = Settings(
        _env_file=None, env=Environment.TEST, data_dir=tmp_path, argon2_memory_kib=8, argon2_time_cost=1
    )
    services = make_services(settings, url)
    connection: asyncpg.Connection = await server.connect(url)
    try:
        user = await Factories(services).user(password=PASSWORD)
        variables = {
            "INFOCUS_DATABASE_URL": url,
            "INFOCUS_JWT_KEYS": KEYS,
            "INFOCUS_ENV": "test",
            "INFOCUS_ARGON2_MEMORY_KIB": "8",
            "INFOCUS_ARGON2_TIME_COST": "1",
            "INFOCUS_MAX_LIVE_CONNECTIONS_PER_USER": "100",
        }
        yield Setting(user, variables)
    finally:
        await connection.close()
        await services.database.dispose()
        services.passwords.close()


class Client:
    """A signed-in user of a server."""

    def __init__(self, server: Server, user: User) -> None:
        self.url = server.url()
        given = {"email": user.email, "password": PASSWORD}
        self.token = ""
        self.token = self.ask(SIGN_IN, **given)["signIn"]["accessToken"]

    @property
    def headers(self) -> dict[str, str]:
        """The header with the access token."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def ask(self, query: str, **variables: Any) -> Any:
        """Runs an operation over HTTP. The first one waits for the workers to start."""
        body = {"query": query, "variables": variables}
        response = httpx.post(f"{self.url}/graphql", json=body, headers=self.headers, timeout=60)
        return response.json()["data"]

    def subscribed(self, last_event_id: str | None = None) -> Socket:
        """Opens a socket with a subscription that has started."""
        socket = Socket(self.url.replace("http:", "ws:") + "/graphql", [PROTOCOL], self.headers)
        socket.send(type="connection_init")
        assert socket.receive() == {"type": "connection_ack"}
        extensions = {"lastEventId": last_event_id} if last_event_id else {}
        socket.subscribe("1", EVENTS, extensions=extensions)
        return socket


def joined(socket: Socket, name: str) -> str:
    """Reads until the event of a new family; returns its id. It must be the next of its kind."""
    while True:
        message = socket.receive()
        if message["id"] != "1":
            continue
        payload = message["payload"]
        event = payload["data"]["viewerEvents"]
        if event["type"] == JOINED:
            assert event["family"] == {"name": name}
            event_id: str = payload["extensions"]["eventId"]
            return event_id


def started(sockets: list[Socket], client: Client) -> list[str]:
    """Creates a family as soon as all subscriptions have started; returns the event's id for each."""
    for socket in sockets:  # messages are handled in order, and operations start at once
        assert socket.still_works()
    time.sleep(0.5)
    client.ask(CREATE, name="First")
    return [joined(socket, "First") for socket in sockets]


@LINUX
def test_no_event_is_lost_when_a_worker_is_killed(start: Start, setting: Setting) -> None:
    server = start("serve", "--port", "0", "--workers", "2", **setting.variables)
    client = Client(server, setting.user)
    sockets = [client.subscribed() for _ in range(12)]
    last = started(sockets, client)
    busiest = max(workers_of(server), key=lambda pid: len(list(Path(f"/proc/{pid}/fd").iterdir())))
    os.kill(busiest, signal.SIGKILL)
    dead = []
    for number, socket in enumerate(sockets):
        try:
            if not socket.still_works():
                dead.append(number)
        except (AssertionError, OSError):
            dead.append(number)
    assert dead
    client.ask(CREATE, name="Second")
    for number in dead:
        sockets[number].abort()
        sockets[number] = client.subscribed(last[number])
    assert len({joined(socket, "Second") for socket in sockets}) == 1
    wait_until(lambda: len(workers_of(server)) == 2)
    client.ask(CREATE, name="Third")
    for socket in sockets:
        joined(socket, "Third")
        socket.close()


def test_a_stopping_server_ends_sockets_and_event_streams(start: Start, setting: Setting) -> None:
    logged = {"INFOCUS_LOG_FORMAT": "json", "INFOCUS_DRAIN_SECONDS": "1"}
    server = start("serve", "--port", "0", **setting.variables, **logged)
    client = Client(server, setting.user)
    sockets = [client.subscribed() for _ in range(4)]
    headers = {**client.headers, "Accept": "text/event-stream"}
    # As EventSource does: by GET, with the hash of a document that the server knows.
    hashed = {"version": 1, "sha256Hash": hashlib.sha256(EVENTS.encode()).hexdigest()}
    extensions = {"persistedQuery": hashed}
    with (
        httpx.Client(base_url=client.url, timeout=PATIENCE) as http,
        http.stream(
            "POST", "/graphql", json={"query": EVENTS, "extensions": extensions}, headers=headers
        ) as first,
        http.stream(
            "GET", "/graphql", params={"extensions": json.dumps(extensions)}, headers=headers
        ) as response,
    ):
        assert first.status_code == 200
        (last, *_) = started(sockets, client)
        server.process.send_signal(signal.SIGTERM)
        for socket in sockets:
            assert socket.closed() == (1012, "The server is restarting; reconnect")
        received = response.read().decode()
    assert f"id: {last}\nevent: next\n" in received
    assert "event: complete" not in received
    assert received.removesuffix("\n\n").rpartition("\n\n")[2].startswith("retry: ")
    assert server.process.wait(PATIENCE) == 0
    assert "Traceback" not in server.text
    entries = [json.loads(line) for line in server.text.splitlines() if '"subscription":' in line]
    assert [entry["subscription"] for entry in entries] == ["started"] * 6 + ["ended"] * 6
    assert {entry["transport"] for entry in entries} == {"websocket", "event stream"}
    assert {entry["viewer"] for entry in entries} == {setting.user.id}
    assert all(entry["messages"] > 0 and entry["ms"] > 0 for entry in entries[6:])


def test_signing_out_ends_the_subscriptions_of_the_session(start: Start, setting: Setting) -> None:
    server = start("serve", "--port", "0", "--workers", "2", **setting.variables)
    client, other = Client(server, setting.user), Client(server, setting.user)
    sockets = [client.subscribed() for _ in range(4)]
    kept = other.subscribed()
    started([*sockets, kept], other)
    # A message of a socket can't set a cookie, so that the refresh token is in the payload.
    given = {"email": setting.user.email, "password": PASSWORD, "useCookie": True}
    kept.subscribe("2", SIGN_IN_WITH_COOKIE, variables={"input": given})
    assert kept.receive()["payload"]["data"]["signIn"]["refreshToken"]
    began = time.monotonic()
    client.ask("mutation { signOut { errors { code } } }")
    for socket in sockets:
        assert socket.closed()[0] == 4401
    assert time.monotonic() - began < 5
    other.ask(CREATE, name="Second")
    joined(kept, "Second")
    kept.close()


def test_revoking_an_api_token_ends_its_subscriptions(start: Start, setting: Setting) -> None:
    server = start("serve", "--port", "0", **setting.variables)
    client, program = Client(server, setting.user), Client(server, setting.user)
    given = {"name": "Script", "scopes": ["READ"]}
    made = client.ask(CREATE_TOKEN, input=given)["createApiToken"]
    program.token = made["secret"]
    socket = program.subscribed()
    headers = {**program.headers, "Accept": "text/event-stream"}
    with (
        httpx.Client(base_url=client.url, timeout=PATIENCE) as http,
        http.stream("POST", "/graphql", json={"query": EVENTS}, headers=headers) as response,
    ):
        started([socket], client)
        began = time.monotonic()
        client.ask(REVOKE_TOKEN, input={"id": made["apiToken"]["id"]})
        assert socket.closed()[0] == 4401
        assert '"code":"UNAUTHENTICATED"' in response.read().decode()
        assert time.monotonic() - began < 5
