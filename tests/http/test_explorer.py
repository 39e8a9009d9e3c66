"""The routes of the explorer: headers, caching, compression, configuration, and the fallback page."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from infocus_graphql.http.explorer import (
    BUILT_PAGE,
    CONFIG_BLOCK,
    FALLBACK_PAGE,
    DemoAccount,
    ExampleTab,
    ExplorerConfig,
    explorer_routes,
)

SCRIPT = "console.log('GraphiQL');" * 100
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
CONFIG = ExplorerConfig(
    endpoint="/graphql",
    demo_accounts=(DemoAccount(label="Anna", email="anna@example.org", password="popcorn"),),
    tabs=(
        ExampleTab(query="{ hello }", title="Hello", variables={"name": "Ben"}),
        ExampleTab(query="{ bye }"),
    ),
)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder like that of a built page, beside a file that must not be served."""
    folder = tmp_path / "graphiql"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(
        f'<head>{CONFIG_BLOCK}<script src="./assets/index-a1b2.js"></script></head>'
    )
    (folder / "assets" / "index-a1b2.js").write_text(SCRIPT)
    (folder / "assets" / "index-a1b2.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "assets" / "icon-c3d4.svg").write_text("<svg/>")
    (folder / "sources.sha256").write_text("0" * 64)
    (tmp_path / "secret.js").write_text("secret")
    return folder


def _client(
    static_dir: Path | None, path: str = "/graphiql", config: ExplorerConfig = CONFIG
) -> httpx.AsyncClient:
    app = Starlette(routes=explorer_routes(path=path, config=config, static_dir=static_dir))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://infocus.test")


def _told(html: str) -> dict[str, object]:
    block = re.search(r'<script type="application/json" id="infocus-config">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    reported: dict[str, object] = json.loads(block[1])
    return reported


async def test_the_page_has_strict_headers(built: Path) -> None:
    async with _client(built) as client:
        response = await client.get("/graphiql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-cache"


async def test_the_page_contains_its_configuration(built: Path) -> None:
    async with _client(built) as client:
        html = (await client.get("/graphiql")).text
    assert _told(html) == {
        "endpoint": "/graphql",
        "demoAccounts": [{"label": "Anna", "email": "anna@example.org", "password": "popcorn"}],
        "tabs": [
            {"title": "Hello", "query": "{ hello }", "variables": {"name": "Ben"}},
            {"query": "{ bye }"},
        ],
    }


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--<script>", "a\u2028b\u2029c", "é & 'x' \"y\""]
)
async def test_text_in_the_configuration_is_escaped(built: Path, text: str) -> None:
    config = ExplorerConfig(tabs=(ExampleTab(query=text, title=text, variables={text: text}),))
    async with _client(built, config=config) as client:
        html = (await client.get("/graphiql")).text
    assert _told(html)["tabs"] == [{"title": text, "query": text, "variables": {text: text}}]
    assert html.count("</script>") == 2
    assert "\u2028" not in html


@pytest.mark.parametrize(
    "endpoint", ["https://elsewhere.test/graphql", "//elsewhere.test", "/\\elsewhere.test", "", "/a b"]
)
def test_the_endpoint_must_be_on_our_own_origin(endpoint: str) -> None:
    with pytest.raises(ValueError, match="own origin"):
        ExplorerConfig(endpoint=endpoint)


def test_the_demo_password_is_not_in_the_representation() -> None:
    assert "popcorn" not in repr(CONFIG)


async def test_a_cached_page_returns_not_modified(built: Path) -> None:
    async with _client(built) as client:
        tag = (await client.get("/graphiql")).headers["etag"]
        for known in (tag, f'"other", W/{tag}', "*"):
            again = await client.get("/graphiql", headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        changed = await client.get("/graphiql", headers={"If-None-Match": '"other"'})
    assert changed.status_code == 200


async def test_another_configuration_has_another_etag(built: Path) -> None:
    async with _client(built) as one, _client(built, config=ExplorerConfig()) as other:
        tags = {(await client.get("/graphiql")).headers["etag"] for client in (one, other)}
    assert len(tags) == 2


@pytest.mark.parametrize("name", ["/graphiql", "/graphiql/assets/index-a1b2.js"])
async def test_head_has_the_headers_of_get_and_no_body(built: Path, name: str) -> None:
    async with _client(built) as client:
        got, head = await client.get(name), await client.head(name)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == got.headers


async def test_hashed_assets_are_cached_for_a_year(built: Path) -> None:
    async with _client(built) as client:
        script = await client.get("/graphiql/assets/index-a1b2.js", headers={"Accept-Encoding": "identity"})
        again = await client.get(
            script.url.path, headers={"Accept-Encoding": "", "If-None-Match": script.headers["etag"]}
        )
        icon = await client.get("/graphiql/assets/icon-c3d4.svg")
    assert script.text == SCRIPT
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["x-content-type-options"] == "nosniff"
    assert again.status_code == 304
    assert icon.headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, GZIP;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_the_compressed_copy_is_sent_to_clients_that_accept_it(
    built: Path, accepted: str, sent: str | None
) -> None:
    async with _client(built) as client:
        script = await client.get("/graphiql/assets/index-a1b2.js", headers={"Accept-Encoding": accepted})
    assert script.headers.get("content-encoding") == sent
    assert script.headers["vary"] == "Accept-Encoding"
    assert script.text == SCRIPT


async def test_brotli_is_preferred_if_a_copy_exists(built: Path) -> None:
    (built / "assets" / "index-a1b2.js.br").write_bytes(b"brotli")
    app = Starlette(routes=explorer_routes(config=CONFIG, static_dir=built))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://infocus.test") as client:
        request = client.build_request(
            "HEAD", "/graphiql/assets/index-a1b2.js", headers={"Accept-Encoding": "gzip, br"}
        )
        response = await client.send(request)
    assert response.headers["content-encoding"] == "br"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.js",
        "%2e%2e/secret.js",
        "assets/../../secret.js",
        "assets/..%2f..%2fsecret.js",
        "assets/..%5c..%5csecret.js",
        "//secret.js",
        "assets",
        "assets/",
        "assets/index-a1b2.js.gz",
        "sources.sha256",
        "index.html",
        "assets/none.js",
        "assets/index-a1b2.js%00",
    ],
)
async def test_everything_else_is_not_found(built: Path, name: str) -> None:
    # A raw path, because the client would normalise `..` before sending.
    url = httpx.URL("http://infocus.test").copy_with(raw_path=f"/graphiql/{name}".encode())
    async with _client(built) as client:
        response = await client.get(url)
    assert response.status_code == 404
    assert "secret" not in response.text


async def test_only_get_and_head_are_allowed(built: Path) -> None:
    async with _client(built) as client:
        assert (await client.post("/graphiql")).status_code == 405


async def test_a_trailing_slash_redirects_to_the_page(built: Path) -> None:
    async with _client(built, path="/tools/explore") as client:
        response = await client.get("/tools/explore/?query=%7Ba%7D")
        assert response.status_code == 307
        assert response.headers["location"] == "../explore?query=%7Ba%7D"
        page = await client.get(str(response.next_request and response.next_request.url))
    assert page.status_code == 200
    assert 'src="./explore/assets/index-a1b2.js"' in page.text


@pytest.mark.parametrize("path", ["graphiql", "/", "/graphiql/", "/a b", "/{id}"])
def test_an_invalid_path_is_rejected(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        explorer_routes(path=path, config=CONFIG)


async def test_without_a_build_the_fallback_page_is_served(tmp_path: Path) -> None:
    async with _client(tmp_path / "missing") as client:
        page = await client.get("/graphiql")
        assert page.status_code == 200
        assert page.headers["content-security-policy"] == POLICY
        assert _told(page.text)["endpoint"] == "/graphql"
        for name, media_type in (("fallback.js", "text/javascript"), ("fallback.css", "text/css")):
            assert f'="./graphiql/{name}"' in page.text
            file = await client.get(f"/graphiql/{name}")
            assert file.headers["content-type"].startswith(media_type)
            assert file.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("folder", [FALLBACK_PAGE, BUILT_PAGE])
async def test_the_pages_have_no_inline_code_and_no_external_resources(folder: Path) -> None:
    if not folder.is_dir():
        pytest.fail("GraphiQL is not built here; run: make graphiql")
    html = (folder / "index.html").read_text("utf-8")
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert all("src=" in attributes or (attributes, text) == ENTRY for attributes, text in scripts)
    assert not re.search(r"\son\w+=|<style|https?://", html)
    async with _client(folder) as client:
        page = (await client.get("/graphiql")).text
        for address in re.findall(r'(?:src|href)="\./([^"]+)"', page):
            assert (await client.get("/" + address)).status_code == 200


def test_the_fallback_page_is_small() -> None:
    assert sum(file.stat().st_size for file in FALLBACK_PAGE.iterdir()) < 10_000


ENTRY = (' type="application/json" id="infocus-config"', "{}")
