"""The pages of links in e-mails: content, headers and paths."""

import re
from typing import Any

import httpx
import pytest

from infocus_graphql.http.mail_link_pages import FOLDER, TITLES
from infocus_graphql.mail.links import Links
from infocus_graphql.settings import Environment
from infocus_graphql.settings.mail import MailBackend

from .conftest import KEYS, NOWHERE, client_of, make_app, make_settings

WEB = {"web_url": "https://infocus.example.org"}
MAILS = {"mail_host": "mail.example.org", "mail_from": "a@example.org", "jwt_keys": KEYS}
PRODUCTION: dict[str, Any] = {"env": Environment.PRODUCTION, "database_url": NOWHERE, **MAILS, **WEB}


async def test_every_link_in_an_email_has_a_page(http: httpx.AsyncClient) -> None:
    links = Links.of(make_settings())
    assert links is not None
    all_links = [
        links.verify_email("x"),
        links.reset_password("x"),
        links.confirm_email_change("x"),
        links.invitation("x"),
        links.sign_in,
        links.forgotten_password,
    ]
    assert len(all_links) == len(TITLES)
    for link in all_links:
        url = httpx.URL(link)
        assert url.query == b""
        response = await http.get(url.path)
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert f'<h1 tabindex="-1">{TITLES[url.path]}</h1>' in response.text


@pytest.mark.parametrize("path", ["/reset-password", "/pages/pages.js", "/pages/pages.css"])
async def test_pages_send_no_referrer(http: httpx.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; " in policy
    assert "unsafe" not in policy


async def test_pages_load_only_existing_files(http: httpx.AsyncClient) -> None:
    page = (await http.get("/invitation")).text
    assert "<style" not in page
    assert not re.search(r"\son\w+=|javascript:", page)
    asked = re.findall(r'(?:src|href)="\.(/[^"]+)"', page)
    for file in FOLDER.glob("*.js"):
        text = file.read_text("utf-8")
        assert "innerHTML" not in text
        assert "document.write" not in text
        asked += [f"/pages/{name}" for name in re.findall(r"from '\./([\w.]+)'", text)]
    assert len(asked) == 4
    for path in asked:
        assert (await http.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        (WEB, 404),
        ({**WEB, "mail_pages": True}, 200),
        ({"mail_pages": False}, 404),
        ({"mail": MailBackend.OFF}, 404),
        (PRODUCTION, 404),
        ({**PRODUCTION, "mail_pages": True}, 200),
    ],
)
async def test_with_a_web_application_the_pages_are_not_served(settings: dict[str, Any], status: int) -> None:
    async with client_of(make_app(**settings)) as http:
        assert (await http.get("/verify-email")).status_code == status
        assert (await http.get("/pages/pages.js")).status_code == status
