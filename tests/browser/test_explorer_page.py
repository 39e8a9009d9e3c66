"""The GraphiQL page in Chromium: rendering, operations, sign-in, and no requests to other origins."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from playwright.async_api import Request, expect

from .conftest import LiveServer, Visit
from .people import Person

pytestmark = pytest.mark.browser
NOTICE = ".infocus-panel [role=alert]"
EXECUTE = "button.graphiql-execute-button"
ANSWER = ".graphiql-response"


async def _open(visit: Visit, path: str = "") -> None:
    await visit.page.goto(visit.server.page_url + path)
    # The editors load last; the execute button works once the first of them has text.
    await expect(visit.page.locator(".graphiql-query-editor .view-line").first).not_to_be_empty(
        timeout=30_000
    )


async def _sign_in(visit: Visit, password: str | None = None, email: str | None = None) -> None:
    page, account = visit.page, visit.server.account
    if not await page.get_by_role("region", name="Account").is_visible():
        await page.get_by_role("button", name=re.compile("Not signed in|Sign in again")).click()
    await page.get_by_label("E-mail").fill(email or account.email)
    await page.get_by_label("Password").fill(account.password if password is None else password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def _run(visit: Visit) -> Request:
    async with visit.page.expect_request(lambda request: request.url.endswith("/graphql")) as sent:
        await visit.page.locator(EXECUTE).click()
    return await sent.value


def _spaced(words: str) -> re.Pattern[str]:
    """Returns a pattern that matches spaces or no-break spaces, which the editor displays instead."""
    return re.compile(r"\s+".join(re.escape(word) for word in words.split()))


async def test_the_page_renders_with_its_examples_as_tabs(visit: Visit) -> None:
    await _open(visit)
    await expect(visit.page).to_have_title("InFocus GraphQL")
    await expect(visit.page.get_by_text("InFocus GraphQL", exact=True)).to_be_visible()
    await expect(visit.page.get_by_text("Not signed in")).to_be_visible()
    assert await visit.page.get_by_role("tab").count() >= 1
    await visit.screenshot("page")
    assert visit.complaints == []


async def test_the_next_request_after_sign_in_has_the_token(visit: Visit) -> None:
    await _open(visit)
    before = await _run(visit)
    assert "authorization" not in before.headers
    await _sign_in(visit)
    await expect(visit.page.get_by_text(f"Signed in as {visit.server.account.email}").first).to_be_visible()
    after = await _run(visit)
    assert after.headers["authorization"].startswith("Bearer ")
    for words in visit.server.nested_answer:
        await expect(visit.page.locator(ANSWER)).to_contain_text(_spaced(words))
    await visit.screenshot("signed-in")


async def test_the_token_is_kept_in_this_browser_tab_only(visit: Visit) -> None:
    await _open(visit)
    await _sign_in(visit)
    await expect(visit.page.get_by_role("button", name="Signed in as")).to_be_visible()
    sent = await _run(visit)
    token = sent.headers["authorization"].removeprefix("Bearer ")
    kept: dict[str, Any] = await visit.page.evaluate("({...localStorage})")
    assert token not in str(kept) and visit.server.account.password not in str(kept)
    await visit.page.reload()
    await expect(visit.page.get_by_role("button", name="Signed in as")).to_be_visible()
    await visit.page.get_by_role("button", name="Sign out").click()
    assert "authorization" not in (await _run(visit)).headers
    assert token not in str(await visit.page.evaluate("({...sessionStorage})"))


async def test_a_failed_sign_in_shows_the_servers_message(visit: Visit) -> None:
    await _open(visit)
    await _sign_in(visit, password="not-the-password")
    await expect(visit.page.locator(NOTICE)).not_to_be_empty()
    await visit.screenshot("refused")
    await expect(visit.page.get_by_text("Not signed in")).to_be_visible()


async def test_after_the_session_ends_the_page_asks_to_sign_in_again(visit: Visit) -> None:
    await _open(visit)
    await _sign_in(visit)
    await expect(visit.page.get_by_role("button", name="Signed in as")).to_be_visible()
    end = "mutation { signOut(input: { everywhere: true }) { errors { code } } }"
    await _post(visit, end, await _kept(visit, "token"))
    await _run(visit)
    await expect(visit.page.get_by_role("button", name="Sign in again")).to_be_visible()
    await expect(visit.page.locator(NOTICE)).to_contain_text("sign in again")
    await visit.screenshot("access-ended")
    assert "authorization" not in (await _run(visit)).headers


async def test_the_explorer_and_the_examples_open_beside_the_editor(visit: Visit) -> None:
    await _open(visit)
    await visit.page.get_by_role("button", name="Show GraphiQL Explorer").click()
    await expect(visit.page.locator(".graphiql-explorer-root")).to_contain_text("viewer")
    await visit.screenshot("explorer")
    await visit.page.get_by_role("button", name="Show Examples").click()
    tabs = await visit.page.get_by_role("tab").count()
    await visit.page.get_by_role("region", name="Examples").get_by_role("button").last.click()
    await expect(visit.page.get_by_role("tab")).to_have_count(tabs + 1)
    await visit.screenshot("examples")


async def test_a_link_can_carry_an_operation(visit: Visit) -> None:
    await _open(visit, "?query=query%20FromLink%20%7B%20__typename%20%7D")
    await _run(visit)
    await expect(visit.page.locator(ANSWER)).to_contain_text(_spaced('"__typename": "Query"'))


async def test_a_typed_password_is_not_stored(visit: Visit) -> None:
    typed = (
        'mutation { signIn(input: { email: "a@example.org", password: "typed-by-hand" }) { accessToken } }'
    )
    await _open(visit, f"?query={quote(typed)}")
    await _run(visit)
    await expect(visit.page.locator(ANSWER)).to_contain_text("accessToken")
    kept = await visit.page.evaluate("[{...localStorage}, {...sessionStorage}]")
    assert "typed-by-hand" not in str(kept[0])
    assert "typed-by-hand" in str(kept[1])


async def test_the_dark_theme_is_readable(visit: Visit) -> None:
    await visit.page.emulate_media(color_scheme="dark")
    await visit.page.set_viewport_size({"width": 1024, "height": 700})
    await _open(visit)
    await visit.screenshot("dark")


async def test_an_account_with_a_second_factor_signs_in_with_a_code(visit: Visit) -> None:
    person = Person.new(visit.server)
    backup_code = person.add_second_factor()
    await _open(visit)
    await _sign_in(visit, person.password, person.email)
    code = visit.page.get_by_label("Code", exact=True)
    await expect(code).to_be_focused()
    await code.fill("000000")
    await visit.page.get_by_role("button", name="Continue").click()
    await expect(visit.page.locator(NOTICE)).not_to_be_empty()
    await visit.screenshot("second-factor")
    await code.fill(backup_code)
    await visit.page.get_by_role("button", name="Continue").click()
    await expect(visit.page.get_by_text(f"Signed in as {person.email}").first).to_be_visible()
    assert (await _run(visit)).headers["authorization"].startswith("Bearer ")


async def test_the_small_page_asks_for_the_code_too(visit: Visit, stand_in: LiveServer) -> None:
    page = visit.page
    await page.goto(f"{stand_in.base_url}/small")
    await expect(page.get_by_label("Code")).to_be_hidden()
    await page.get_by_label("Demo account").select_option(label="Ben, who has a second factor")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_label("Code").fill("000000")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text("The code is wrong.")).to_be_visible()
    await page.get_by_label("Code").fill("123 456")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text("Signed in as ben@example.org")).to_be_visible()
    await expect(page.get_by_label("Code")).to_be_hidden()


async def test_the_small_page_signs_in_and_runs_an_operation(visit: Visit, stand_in: LiveServer) -> None:
    page = visit.page
    await page.goto(f"{stand_in.base_url}/small")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text(f"Signed in as {stand_in.account.email}")).to_be_visible()
    await page.get_by_role("button", name="Run").click()
    for words in stand_in.nested_answer:
        await expect(page.locator("#answer")).to_contain_text(words)
    await page.get_by_label("Example").select_option(label="A greeting with a variable")
    await page.get_by_role("button", name="Run").click()
    await expect(page.locator("#answer")).to_contain_text("Hello <Ben> & </script>")
    await visit.screenshot("small-page")


async def _kept(visit: Visit, name: str) -> str:
    """Returns a value of the session that the page has stored."""
    found: str = await visit.page.evaluate(f"JSON.parse(sessionStorage.getItem('infocus:session')).{name}")
    return found


async def _post(visit: Visit, query: str, token: str) -> dict[str, Any]:
    """Sends an operation outside of the page and returns the response."""
    response = await visit.page.request.post(
        f"{visit.server.base_url}/graphql",
        data={"query": query},
        headers={"Authorization": f"Bearer {token}"},
    )
    found: dict[str, Any] = await response.json()
    return found


def _expired(visit: Visit, token: str) -> str:
    """Returns the access token signed two hours ago with the server's key."""
    assert visit.server.key is not None
    claims = jwt.decode(token, options={"verify_signature": False})
    old: dict[str, Any] = {**claims, **{name: claims[name] - 7200 for name in ("iat", "exp")}}
    headers = jwt.get_unverified_header(token)
    return jwt.encode(old, visit.server.key.read_bytes(), "HS256", headers=headers)


async def test_signing_out_revokes_the_session_on_the_server(visit: Visit) -> None:
    await _open(visit)
    await _sign_in(visit)
    await expect(visit.page.get_by_role("button", name="Signed in as")).to_be_visible()
    token = await _kept(visit, "token")
    assert (await _post(visit, "{ viewer { email } }", token))["data"]["viewer"] is not None
    await visit.page.get_by_role("button", name="Sign out").click()
    await expect(visit.page.get_by_text("Not signed in")).to_be_visible()
    refused = await _post(visit, "{ viewer { email } }", token)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_an_expired_token_is_renewed_automatically(visit: Visit) -> None:
    await _open(visit)
    await _sign_in(visit)
    await expect(visit.page.get_by_role("button", name="Signed in as")).to_be_visible()
    old = _expired(visit, await _kept(visit, "token"))
    await visit.page.evaluate(
        """(old) => {
          const kept = JSON.parse(sessionStorage.getItem('infocus:session'));
          sessionStorage.setItem('infocus:session', JSON.stringify({ ...kept, token: old }));
        }""",
        old,
    )
    await visit.page.reload()
    await _open(visit)
    await _run(visit)
    for words in visit.server.nested_answer:
        await expect(visit.page.locator(ANSWER)).to_contain_text(_spaced(words))
    assert await _kept(visit, "token") != old
    await expect(visit.page.get_by_role("button", name="Signed in as")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
async def test_panels_and_tabs_are_usable_at_this_width(visit: Visit, width: int) -> None:
    page = visit.page
    await page.set_viewport_size({"width": width, "height": 844})
    await _open(visit)
    await _sign_in(visit)
    await expect(page.get_by_role("button", name="Signed in as")).to_be_in_viewport()
    await visit.screenshot(f"account-{width}")
    tabs = page.get_by_role("tab")
    for index in range(await tabs.count()):
        await tabs.nth(index).click()
        await expect(tabs.nth(index)).to_be_in_viewport()
        await expect(tabs.nth(index)).to_have_attribute("aria-selected", "true")
    await tabs.first.click()  # the last one is a subscription
    for name in ("Documentation Explorer", "History", "GraphiQL Explorer", "Examples", "Account"):
        await page.locator(f'.graphiql-sidebar button[aria-label$=" {name}"]').click()
        panel = page.locator(".graphiql-plugin")
        await panel.scroll_into_view_if_needed()
        await expect(panel).to_be_in_viewport(ratio=0.5)
        await visit.screenshot(f"{name.split()[0].lower()}-{width}")
        box = await panel.bounding_box()
        assert box is not None and box["width"] >= 240 and box["x"] + box["width"] <= width
    await page.locator('.graphiql-sidebar button[aria-label$=" Account"]').click()  # closes it
    await _run(visit)
    await page.locator(ANSWER).scroll_into_view_if_needed()
    await expect(page.locator(ANSWER)).to_contain_text("data")
    for part in (".graphiql-query-editor", ANSWER):
        box = await page.locator(part).bounding_box()
        assert box is not None and box["width"] >= 240 and box["height"] >= 120
    overflow: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
    await visit.screenshot(f"editors-{width}")
