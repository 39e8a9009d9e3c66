"""The data browser in Chromium, at laptop and phone width."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from infocus_graphql.seeding.demo import DEMO_ACCOUNTS

from .conftest import Visit

pytestmark = pytest.mark.browser

LINKS = ("Overview", "Accounts", "Audit events", "Failed jobs", "Titles", "Offers")


async def sign_in(visit: Visit) -> None:
    """Signs a staff user in."""
    page = visit.page
    staff = next(each for each in DEMO_ACCOUNTS if each.email.startswith("maya"))
    await page.goto(f"{visit.server.base_url}/admin")
    await expect(page.get_by_role("heading", name="InFocus: data browser")).to_be_visible()
    await page.get_by_label("E-mail address").fill(staff.email)
    await page.get_by_label("Password").fill(staff.password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()


async def test_staff_sign_in_edit_a_user_and_find_the_audit_event(visit: Visit) -> None:
    page = visit.page
    await sign_in(visit)
    await page.get_by_role("navigation").get_by_role("link", name="Accounts").click()
    await page.get_by_role("searchbox").fill("lea")
    await page.get_by_role("searchbox").press("Enter")
    await expect(page.get_by_role("link", name="lea@example.com")).to_be_visible()
    await expect(page.get_by_text("maya@example.com")).to_be_hidden()
    await page.get_by_role("link", name="lea@example.com").click()
    await page.get_by_role("link", name="Edit").click()
    await page.get_by_label("Name").fill("Lea the Second")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Lea the Second")).to_be_visible()

    await page.get_by_role("link", name="Audit events").click()
    noted = page.get_by_role("row").filter(has_text="RECORD_CHANGED")
    await expect(noted).to_contain_text("users")
    # Ids are shown as names with links.
    await expect(noted.get_by_role("link", name="Maya")).to_be_visible()
    await expect(noted.get_by_role("link", name="Lea the Second").first).to_be_visible()
    await noted.get_by_role("link").first.click()
    await expect(page.get_by_text("127.0.0.0/24")).to_be_visible()
    await page.get_by_role("link", name="Lea the Second").first.click()
    await expect(page.get_by_role("heading", name="lea@example.com")).to_be_visible()
    await page.get_by_role("link", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert visit.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
async def test_every_page_has_a_title_and_fits_the_width(visit: Visit, width: int) -> None:
    page = visit.page
    await page.set_viewport_size({"width": width, "height": 844})
    await sign_in(visit)
    for name in LINKS:
        await page.get_by_role("navigation").get_by_role("link", name=name, exact=True).first.click()
        await expect(page).to_have_title(f"{name} · InFocus data browser")
        await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        await visit.screenshot(f"data-browser-{name.lower().replace(' ', '-')}-{width}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert visit.complaints == []
