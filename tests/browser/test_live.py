"""A subscription in GraphiQL: two windows of two members of a family show what happens, as it happens."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import Browser, Page, WebSocket, expect

from infocus_graphql.seeding.demo import DEMO_ACCOUNTS

from .conftest import LiveServer, Visit
from .test_explorer_page import ANSWER, EXECUTE, _open, _sign_in

pytestmark = pytest.mark.browser
SIGN_IN = """
mutation ($input: SignInInput!) {
  signIn(input: $input) { accessToken viewer { families { nodes { id members { totalCount } } } } }
}
"""
TITLES = "{ discoverMedia(first: 50) { nodes { id title viewerEntry { id } } } }"
ADD = "mutation ($id: ID!) { addToWatchlist(input: {media: {id: $id}}) { errors { code } } }"
REMOVE = "mutation ($id: ID!) { removeFromWatchlist(input: {entryId: $id}) { errors { code } } }"


def _post(server: LiveServer, query: str, token: str = "", **variables: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"query": query, "variables": variables}
    response = httpx.post(f"{server.base_url}/graphql", json=body, headers=headers, timeout=20)
    return response.json()["data"]


async def test_the_family_board_is_live_in_two_windows(
    visit: Visit, browser: Browser, live_server: LiveServer
) -> None:
    accounts = DEMO_ACCOUNTS[:2]
    tokens, families = [], []
    for account in accounts:
        given = {"email": account.email, "password": account.password, "useCookie": False}
        signed_in = _post(live_server, SIGN_IN, input=given)["signIn"]
        tokens.append(signed_in["accessToken"])
        families.append({each["id"] for each in signed_in["viewer"]["families"]["nodes"]})
    (family, *_) = families[0] & families[1]
    board = f"""subscription Board {{
  familyEvents(familyId: "{family}") {{ type user {{ name }} entry {{ status mediaItem {{ title }} }} }}
}}"""

    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    windows = [visit, Visit(await context.new_page(), live_server)]
    for window, account in zip(windows, accounts, strict=True):
        await _open(window, f"?query={quote(board)}")
        await _sign_in(window, account.password, account.email)
        await expect(window.page.get_by_text(f"Signed in as {account.email}").first).to_be_visible()
        # The acknowledgement may arrive before anything could be awaited, so it is recorded.
        frames = _frames(window.page)
        await window.page.locator(EXECUTE).click()
        async with asyncio.timeout(10):
            while not frames:
                await window.page.wait_for_timeout(50)

    titles = _post(live_server, TITLES, tokens[0])["discoverMedia"]["nodes"]
    title = next(each for each in titles if each["viewerEntry"] is None)
    await windows[0].page.wait_for_timeout(500)  # until both subscriptions have started
    assert _post(live_server, ADD, tokens[0], id=title["id"])["addToWatchlist"]["errors"] == []
    for window in windows:
        await _shows(window.page, "ENTRY_ADDED", title["title"])
    await windows[0].screenshot("live-one")
    await windows[1].screenshot("live-two")
    entries = _post(live_server, TITLES, tokens[0])["discoverMedia"]["nodes"]
    entry = next(each["viewerEntry"]["id"] for each in entries if each["id"] == title["id"])
    _post(live_server, REMOVE, tokens[0], id=entry)
    for window in windows:
        await _shows(window.page, "ENTRY_REMOVED")
    await context.close()


def _frames(page: Page) -> list[str | bytes]:
    """The frames of the sockets that the page opens from now on."""
    found: list[str | bytes] = []

    def record(socket: WebSocket) -> None:
        def keep(frame: str | bytes) -> None:
            found.append(frame)

        socket.on("framereceived", keep)

    page.on("websocket", record)
    return found


async def _shows(page: Page, *words: str) -> None:
    for word in words:
        await expect(page.locator(ANSWER)).to_contain_text(word.split()[0], timeout=5_000)
