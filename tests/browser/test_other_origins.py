"""Single-page apps in development: a page on another local port, with a session on this server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Error, Page

from .conftest import LiveServer

pytestmark = pytest.mark.browser

# The code of a web application, which uses only browser APIs and API responses.
ASK = """async ([url, query, headers]) => {
  const response = await fetch(url, {
    method: 'POST', credentials: 'include', body: JSON.stringify({query}),
    headers: {'Content-Type': 'application/json', ...headers},
  });
  return {id: response.headers.get('x-request-id'), ...await response.json()};
}"""
REFRESH = "mutation { refreshSession { accessToken refreshToken errors { message } } }"
SIGN_OUT = "mutation { signOut { ok } }"
HEADERS = {
    "apollographql-client-name": "web",
    "apollographql-client-version": "1",
    "graphql-client-name": "web",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "baggage": "a=1",
    "sentry-trace": "1",
    "idempotency-key": "one",
}


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Returns a page that sends no requests by itself."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<link rel=icon href=data:,><title>An app</title>")

    def log_message(self, *_: object) -> None:
        """Suppresses the request log."""


@pytest.fixture(scope="module")
def page_port() -> Iterator[int]:
    """The port of another server, such as Vite's development server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


async def open_page(browser: Browser, url: str) -> Page:
    """Opens a page in a new browser context."""
    page = await (await browser.new_context()).new_page()
    await page.goto(url)
    return page


@pytest.mark.parametrize(
    ("page_host", "api_host"),
    [
        ("localhost", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("app.localhost", "127.0.0.1"),
    ],
)
async def test_the_refresh_cookie_works_for_a_page_of_the_same_machine(
    browser: Browser, live_server: LiveServer, page_port: int, page_host: str, api_host: str
) -> None:
    api = f"http://{api_host}:{urlsplit(live_server.base_url).port}/graphql"
    page = await open_page(browser, f"http://{page_host}:{page_port}/")
    account = live_server.account
    given = f'email: "{account.email}", password: "{account.password}"'
    sign_in = (
        f"mutation {{ signIn(input: {{ {given} }}) {{ accessToken refreshToken errors {{ message }} }} }}"
    )
    response = await page.evaluate(ASK, [api, sign_in, HEADERS])
    assert response["id"]  # an exposed response header
    first = response["data"]["signIn"]
    assert first["accessToken"] and first["refreshToken"] is None and not first["errors"]
    for _ in range(2):
        second = (await page.evaluate(ASK, [api, REFRESH, {}]))["data"]["refreshSession"]
        assert second["accessToken"] and second["refreshToken"] is None and not second["errors"]
    assert (await page.evaluate(ASK, [api, SIGN_OUT, {}]))["data"]["signOut"]["ok"]
    (error,) = (await page.evaluate(ASK, [api, REFRESH, {}]))["data"]["refreshSession"]["errors"]
    assert "credentials: 'include'" in error["message"]
    await page.context.close()


async def test_a_cross_site_cookie_is_partitioned_by_site(
    browser: Browser, live_server: LiveServer, page_port: int
) -> None:
    """Other pages of the same machine can't use the session; each host name is a site of its own."""
    port = urlsplit(live_server.base_url).port
    api, account = f"http://127.0.0.1:{port}/graphql", live_server.account
    page = await open_page(browser, f"http://localhost:{page_port}/")
    given = f'email: "{account.email}", password: "{account.password}"'
    sign_in = f"mutation {{ signIn(input: {{ {given} }}) {{ accessToken }} }}"
    assert (await page.evaluate(ASK, [api, sign_in, {}]))["data"]["signIn"]["accessToken"]
    for other in (f"http://127.0.0.1:{page_port}/", f"http://127.0.0.1:{port}/graphiql"):
        await page.goto(other)
        found = (await page.evaluate(ASK, [api, REFRESH, {}]))["data"]["refreshSession"]
        assert found["accessToken"] is None and found["errors"]
    await page.context.close()


async def test_a_page_of_another_origin_is_blocked_by_the_browser(
    browser: Browser, live_server: LiveServer, page_port: int
) -> None:
    page = await open_page(browser, f"http://127.0.0.1:{page_port}/")
    # The page is served under a host name that isn't local.
    await page.route(
        "http://foreign.test/", lambda route: route.fulfill(body="<p>x</p>", content_type="text/html")
    )
    await page.goto("http://foreign.test/")
    with pytest.raises(Error, match="Failed to fetch"):
        await page.evaluate(ASK, [f"{live_server.base_url}/graphql", "{ __typename }", {}])
    await page.context.close()
