"""The data browser in a real browser: signing in, looking, editing, and finding it in the audit log."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from infocus_graphql.seeding.demo import DEMO_ACCOUNTS

from .conftest import Visit

pytestmark = pytest.mark.browser


async def test_staff_sign_in_edit_a_person_and_find_it_in_the_log(visit: Visit) -> None:
    page, base = visit.page, f"{visit.server.base_url}/admin"
    staff = next(each for each in DEMO_ACCOUNTS if each.email.startswith("maya"))
    await page.goto(base)
    await expect(page.get_by_role("heading", name="InFocus: data browser")).to_be_visible()
    await visit.screenshot("data-browser-sign-in")
    await page.get_by_label("E-mail address").fill(staff.email)
    await page.get_by_label("Password").fill(staff.password)
    await page.get_by_role("button", name="Sign in").click()

    await page.get_by_role("link", name="Users").click()
    await page.get_by_placeholder("Search").fill("lea")
    await page.get_by_placeholder("Search").press("Enter")
    row = page.get_by_role("row").filter(has_text="lea@example.com")
    await expect(row).to_be_visible()
    await expect(page.get_by_text(staff.email)).to_be_hidden()
    await visit.screenshot("data-browser-users")
    await row.get_by_role("link").nth(1).click()
    await page.locator("[name=name]").fill("Lea the Second")
    await visit.screenshot("data-browser-edit")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Lea the Second")).to_be_visible()

    await page.get_by_role("link", name="Audit events").click()
    noted = page.get_by_role("row").filter(has_text="RECORD_CHANGED")
    await expect(noted).to_contain_text("users")
    await visit.screenshot("data-browser-audit")
    await noted.get_by_role("link").first.click()
    await expect(page.get_by_text("127.0.0.0/24")).to_be_visible()
    await page.get_by_role("link", name="Logout").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert visit.complaints == []
