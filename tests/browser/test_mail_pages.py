"""The pages of links in e-mails, at phone width, up to the effect in the API."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from .conftest import LiveServer, Visit
from .people import Person

pytestmark = pytest.mark.browser


@pytest.fixture
async def phone(visit: Visit) -> AsyncIterator[Visit]:
    """A page at phone width. Asserts afterwards that tokens were sent to the API only."""
    await visit.page.set_viewport_size({"width": 390, "height": 780})
    tokens: list[str] = []
    visit.page.on("framenavigated", lambda frame: tokens.append(urlsplit(frame.url).fragment[6:]))
    referers: list[str] = []
    visit.page.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    yield visit
    assert not any(referers)
    assert not [
        url
        for url in visit.requests
        for token in tokens
        if token and token in urlsplit(url)._replace(fragment="").geturl()
    ]
    assert visit.complaints == []
    assert await visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def tap(visit: Visit, button: str) -> None:
    """Clicks a button."""
    await visit.page.get_by_role("button", name=button).click()


async def says(visit: Visit, words: str | re.Pattern[str]) -> None:
    """Waits until the page shows this text."""
    await expect(visit.page.get_by_text(words)).to_be_visible()


async def test_an_address_is_verified(phone: Visit, live_server: LiveServer) -> None:
    person = Person.new(live_server)
    await phone.page.goto(person.link("/verify-email"))
    await expect(phone.page).to_have_title("Confirm your address · InFocus")
    await tap(phone, "Confirm the address")
    await says(phone, re.compile("address is confirmed"))
    assert "token" not in phone.page.url
    await phone.page.goto(person.link("/verify-email"))
    await tap(phone, "Confirm the address")
    await expect(phone.page.get_by_role("alert")).not_to_be_empty()


async def test_a_new_password_is_chosen(phone: Visit, live_server: LiveServer) -> None:
    person = Person.new(live_server)
    await phone.page.goto(f"{live_server.base_url}/forgotten-password")
    await phone.page.get_by_label("E-mail").fill(person.email)
    await tap(phone, "Send the link")
    await says(phone, re.compile("an e-mail is on its way"))
    await phone.page.goto(person.link("/reset-password"))
    password = phone.page.get_by_label("New password")
    await password.fill("password1")
    await tap(phone, "Set the password")
    await expect(password).to_have_attribute("aria-invalid", "")
    await expect(password).to_be_focused()
    await phone.screenshot("new-password")
    await password.fill("a lamp behind the sofa")
    await tap(phone, "Set the password")
    await says(phone, re.compile("Your password was changed"))
    assert person.can_sign_in("a lamp behind the sofa")
    assert not person.can_sign_in(person.password)


async def test_a_change_of_address_is_confirmed(phone: Visit, live_server: LiveServer) -> None:
    person = Person.new(live_server)
    await phone.page.goto(person.link("/verify-email"))
    await tap(phone, "Confirm the address")
    await says(phone, re.compile("address is confirmed"))
    new = f"new-{person.email}"
    person.change("requestEmailChange", {"newEmail": new, "password": person.password}, "viewer { email }")
    await phone.page.goto(person.link("/confirm-email-change", to=new))
    await tap(phone, "Use this address")
    await says(phone, re.compile("Your e-mail address was changed"))
    person.email = new
    assert person.can_sign_in(person.password)


async def test_an_invitation_is_accepted_by_a_new_user(phone: Visit, live_server: LiveServer) -> None:
    link, newcomer = _invited(live_server, Person(live_server, "newcomer@example.com"))
    await phone.page.goto(link)
    await says(phone, "Kim invites you to the family “The Night Owls”")
    await phone.screenshot("invitation")
    await phone.page.get_by_label("Name").fill("Robin")
    await phone.page.get_by_label("E-mail address that received the invitation").fill(newcomer.email)
    await phone.page.get_by_label("Password, at least").fill(newcomer.password)
    await tap(phone, "Create an account and accept")
    await says(phone, re.compile("now a member of the family “The Night Owls”"))
    assert newcomer.can_sign_in(newcomer.password)
    await phone.page.goto(link)
    await says(phone, "This invitation was already accepted.")


async def test_an_invitation_is_accepted_with_a_second_factor(phone: Visit, live_server: LiveServer) -> None:
    person = Person.new(live_server)
    backup_code = person.add_second_factor()
    link, _ = _invited(live_server, person)
    await phone.page.goto(link)
    await phone.page.get_by_label("E-mail", exact=True).fill(person.email)
    await phone.page.get_by_label("Password", exact=True).fill(person.password)
    await tap(phone, "Sign in and accept")
    await phone.page.get_by_label("Code").fill("000000")
    await tap(phone, "Accept the invitation")
    await says(phone, re.compile("The code is wrong"))
    await phone.page.get_by_label("Code").fill(backup_code)
    await tap(phone, "Accept the invitation")
    await says(phone, re.compile("now a member of the family “The Night Owls”"))


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password#token=", "/invitation#token=unknown"])
async def test_a_broken_link_shows_an_error(phone: Visit, live_server: LiveServer, path: str) -> None:
    await phone.page.goto(live_server.base_url + path)
    await says(phone, re.compile("Open it from the e-mail again"))


def _invited(server: LiveServer, person: Person) -> tuple[str, Person]:
    owner = Person.new(server)
    made = owner.change("createFamily", {"name": "The Night Owls"}, "family { id }")
    owner.change(
        "inviteToFamily", {"familyId": made["family"]["id"], "email": person.email}, "invitation { id }"
    )
    return person.link("/invitation"), person
