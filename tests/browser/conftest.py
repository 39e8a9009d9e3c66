"""Fixtures of the browser tests: a server, a browser, and a page that records requests and errors."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from infocus_graphql.http.explorer import DemoAccount
from infocus_graphql.seeding.demo import DEMO_ACCOUNTS
from tests.cli.conftest import COMMAND, Server, environment

from .fake_app import ANNA, app

SCREENSHOTS = Path(__file__).parent / "screenshots"
# Disables Chromium's background requests, such as update checks, which aren't requests of the page.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NOTE_VIOLATIONS = """
window.__violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.__violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker of the browser tests."""
    config.addinivalue_line("markers", "browser: drives a real Chromium")


@dataclass(frozen=True)
class LiveServer:
    """A running server, and the expected result of the first example."""

    base_url: str
    account: DemoAccount
    nested_answer: tuple[str, ...]
    mails: Path | None = None
    key: Path | None = None  # the signing key of access tokens

    @property
    def page_url(self) -> str:
        """The URL of the explorer."""
        return f"{self.base_url}/graphiql"


@dataclass
class Visit:
    """An open page that records its requests, console errors and CSP violations."""

    page: Page
    server: LiveServer
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def violations(self) -> list[str]:
        """Returns violations of the Content-Security-Policy, from the console and from events."""
        seen: list[str] = await self.page.evaluate("window.__violations")
        return seen + [text for text in self.complaints if "Content Security Policy" in text]

    def foreign_requests(self) -> list[str]:
        """Returns requests to other origins than the page's."""
        own = urlsplit(self.page.url).netloc
        return [url for url in self.requests if urlsplit(url).netloc not in ("", own)]

    async def screenshot(self, name: str) -> None:
        """Saves a screenshot of the whole page for manual review."""
        SCREENSHOTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server started with `infocus dev`: embedded database, demo data, explorer."""
    folder = tmp_path_factory.mktemp("live")
    output = folder / "output"
    with socket.socket() as free:  # a known port, for the origin of passkeys
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with output.open("wb") as said:
        process = subprocess.Popen(
            [*COMMAND, "dev", "--no-reload", "--port", str(port)],
            cwd=folder,
            env=environment(INFOCUS_DATA_DIR=str(folder / "data")),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, output)
    account = DEMO_ACCOUNTS[0]
    yield LiveServer(
        server.url(),
        DemoAccount(account.label, account.email, account.password),
        ("The Dark Knight", '"stale": false'),
        folder / "data" / "mail",
        folder / "data" / "development.key",
    )
    assert server.end() == 0
    assert server.remains() == []


@pytest.fixture(scope="session")
def stand_in() -> Iterator[LiveServer]:
    """The fake application on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < deadline, "the stand-in server did not start"
            time.sleep(0.02)
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield LiveServer(base_url, ANNA, ("The Nordlunds", "members", "Ben"))
        server.should_exit = True
        thread.join(10)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The installed Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        pytest.fail(f"no browser: none of {', '.join(names)} is on PATH")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield chromium
        await chromium.close()


@pytest.fixture
async def visit(browser: Browser, live_server: LiveServer) -> AsyncIterator[Visit]:
    """A new page that records its activity. The test navigates itself."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    await context.add_init_script(NOTE_VIOLATIONS)
    visit = Visit(await context.new_page(), live_server)
    context.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("websocket", lambda ws: visit.requests.append(ws.url))
    visit.page.on(
        "console", lambda message: visit.complaints.append(message.text) if message.type == "error" else None
    )
    visit.page.on("pageerror", lambda problem: visit.complaints.append(str(problem)))
    yield visit
    assert await visit.violations() == []
    assert visit.foreign_requests() == []
    await context.close()
