"""Client libraries from npm, and the snippets of docs/clients.md, against a running server."""

import asyncio
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.cli.conftest import starting

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = HERE / ".build"
KEY = "a key for tests that is long enough to sign"
FENCE = re.compile(r"^```(?:js|python) file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = {
    "session.mjs", "retry.mjs", "live.mjs", "apollo.mjs", "urql.mjs", "relay.mjs", "client.py", "live.py",
    "sync.py",
}  # fmt: skip
PASSWORD = "a long walk at dusk 7"
# A failed test can leave a connection open, for which Node would wait.
TEST = ("--test", "--test-force-exit", "--test-reporter=tap")

pytestmark = pytest.mark.clients


def load(path: Path) -> ModuleType:
    """Imports a module from a file outside of the package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def snippets() -> Path:
    """A folder with the modules of the client guide."""
    found: dict[str, str] = dict(FENCE.findall((ROOT / "docs" / "clients.md").read_text("utf-8")))
    assert set(found) == SNIPPETS
    shutil.rmtree(BUILD, ignore_errors=True)
    (BUILD / "relay" / "__generated__").mkdir(parents=True)
    for name, text in found.items():
        (BUILD / name).write_text(text, "utf-8")
    return BUILD


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, snippets: Path) -> Iterator[dict[str, str]]:
    """The environment for Node with the installed packages."""
    toolchain: Any = load(ROOT / "web" / "node.py")
    with toolchain.node_environment(tmp_path_factory.mktemp("node")) as environment:
        toolchain.install_packages(HERE, environment)
        yield environment


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of `infocus dev` with its demo data."""
    folder = tmp_path_factory.mktemp("dev")
    with ExitStack() as stack:
        start = stack.enter_context(starting(folder, folder))
        yield start("dev", "--port", "0", INFOCUS_JWT_KEYS=f"test:{KEY}").url()


def run(environment: dict[str, str], *command: str) -> str:
    """Runs a program, which must succeed, and returns its output."""
    path = f"{HERE / 'node_modules' / '.bin'}{os.pathsep}{environment['PATH']}"
    program = shutil.which(command[0], path=path)
    assert program is not None
    done = subprocess.run(
        [program, *command[1:]],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", ["session", "apollo", "urql", "live"])
def test_the_client_signs_in_refreshes_and_keeps_its_cache_correct(
    node: dict[str, str], server: str, name: str
) -> None:
    environment = {**node, "INFOCUS_URL": server, "INFOCUS_TEST_KEY": KEY}
    output = run(environment, "node", *TEST, f"{name}.test.mjs")
    assert re.search(r"^# pass [1-9]", output, re.MULTILINE), output
    assert "# fail 0" in output


def test_relay_compiles_the_schema_and_runs_its_artifacts(node: dict[str, str], server: str) -> None:
    run(node, "relay-compiler", "relay.config.json")
    environment = {**node, "INFOCUS_URL": server, "INFOCUS_TEST_KEY": KEY}
    output = run(environment, "node", *TEST, "relay.test.mjs")
    assert "# fail 0" in output


def test_generated_types_need_no_casts(node: dict[str, str]) -> None:
    run(node, "graphql-codegen", "--config", "codegen.mjs", "--silent")
    run(node, "tsc", "--project", "tsconfig.json")


async def test_the_python_client_shares_one_refresh(server: str, snippets: Path) -> None:
    client: Any = load(snippets / "client.py")
    url = f"{server}/graphql"
    register = "mutation ($input: RegisterInput!) { register(input: $input) { errors { code } } }"
    given = {"email": "python@example.com", "password": PASSWORD, "useCookie": False}
    async with httpx.AsyncClient() as http:
        await http.post(url, json={"query": register, "variables": {"input": given}})
        user = client.InFocus(http, url)
        with pytest.raises(RuntimeError):
            await user.sign_in("python@example.com", "another password")
        await user.sign_in("python@example.com", PASSWORD)
        user.access_token = expired(user.access_token)
        before = user.refresh_token
        found = await asyncio.gather(*(user.execute("{ viewer { email } }") for _ in range(3)))
        assert found == [{"viewer": {"email": "python@example.com"}}] * 3
        assert user.refresh_token != before


async def test_the_python_client_subscribes_and_resumes(server: str, snippets: Path) -> None:
    client: Any = load(snippets / "client.py")
    live: Any = load(snippets / "live.py")
    url = f"{server}/graphql"
    register = "mutation ($input: RegisterInput!) { register(input: $input) { errors { code } } }"
    given = {"email": "live@example.com", "password": PASSWORD, "useCookie": False}
    events = "subscription ($after: String) { viewerEvents(after: $after) { type family { name } } }"
    create = "mutation ($input: CreateFamilyInput!) { createFamily(input: $input) { errors { code } } }"
    async with httpx.AsyncClient() as http, asyncio.timeout(20):
        await http.post(url, json={"query": register, "variables": {"input": given}})
        user = client.InFocus(http, url)
        await user.sign_in("live@example.com", PASSWORD)
        results = live.results(url, user.access_token, events)
        first = asyncio.ensure_future(anext(results))
        while not first.done():  # the events before the start of the subscription are not delivered
            await user.execute(create, input={"name": "One"})
            await asyncio.wait([first], timeout=0.5)
        found = first.result()
        await results.aclose()
        await user.execute(create, input={"name": "Two"})  # while no subscription runs
        after = found.extensions["eventId"]
        async for found in live.results(url, user.access_token, events, after=after):
            assert found.extensions["eventId"] > after
            if found.data["viewerEvents"]["family"] == {"name": "Two"}:
                break
        assert found.data["viewerEvents"]["type"] == "MEMBER_JOINED"


def expired(token: str) -> str:
    """Returns the access token signed two hours ago."""
    import jwt

    claims = jwt.decode(token, options={"verify_signature": False})
    old: dict[str, Any] = {
        **claims,
        **{name: claims[name] - 7200 for name in ("iat", "nbf", "exp") if name in claims},
    }
    return jwt.encode(old, KEY, "HS256", headers=jwt.get_unverified_header(token))
