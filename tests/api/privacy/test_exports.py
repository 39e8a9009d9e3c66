"""Data exports: requesting, creating and downloading, by their own user only."""

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from infocus_graphql import background
from infocus_graphql.core.clock import now
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.domains.identity.api_tokens.models import ApiToken
from infocus_graphql.domains.privacy.models import (
    PART_BYTES,
    DataExport,
    DataExportPart,
    DataExportStatus,
)
from infocus_graphql.domains.privacy.writes import exports
from infocus_graphql.domains.privacy.writes.archive import Archive, TooLarge
from infocus_graphql.graph.context import Services
from infocus_graphql.jobs.job_types import PermanentJobError
from infocus_graphql.rate_limiting.rules import RateLimitRule
from infocus_graphql.security.access_tokens import token_hash
from infocus_graphql.security.api_tokens import new_api_token
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post
from tests.support.server import Server

from .conftest import exported, exports_of, fetched, table


async def test_an_export_is_created_in_the_background_and_the_user_notified(
    api: Api, make: Factories, post: Post
) -> None:
    ann = await make.user("Ann")
    client = api.as_(ann)
    payload = await client.change(
        "requestDataExport", {}, fields="dataExport { id exportStatus downloadUrl bytes }"
    )
    assert payload["errors"] == []
    assert payload["dataExport"] | {"id": ""} == {
        "id": "",
        "exportStatus": "QUEUED",
        "downloadUrl": None,
        "bytes": None,
    }
    mail = await post.one(ann.email, "The copy of your data is ready")
    assert "http" not in mail.text, "who wants it signs in"
    (export,) = await exports_of(client)
    assert (export["id"], export["exportStatus"]) == (payload["dataExport"]["id"], "SUCCEEDED")
    assert export["downloadUrl"] == f"/exports/{export['id']}"
    assert export["downloadExpiresAt"][:10] == (now() + timedelta(days=7)).date().isoformat()
    response = await fetched(client, export["downloadUrl"])
    assert response.status_code == 200
    assert len(response.content) == export["bytes"] == int(response.headers["content-length"])
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["content-disposition"].startswith('attachment; filename="infocus-data-20')
    log = await client.data("{ viewer { auditLog { nodes { action targetId ipPrefix } } } }")
    assert log["auditLog"]["nodes"] == [
        {"action": "DATA_EXPORT_FETCHED", "targetId": export["id"], "ipPrefix": "127.0.0.0/24"},
        {"action": "DATA_EXPORT_REQUESTED", "targetId": export["id"], "ipPrefix": "127.0.0.0/24"},
    ]


async def test_one_export_runs_at_a_time_and_replaces_the_previous_one(
    api: Api, make: Factories, post: Post
) -> None:
    client = api.as_(await make.user())

    async def ask(**given: Any) -> str:
        payload = await client.change("requestDataExport", given, fields="dataExport { id }")
        found: str = payload["dataExport"]["id"]
        return found

    first = await ask()
    assert [await ask(), await ask(reuseExisting=True)] == [first, first]
    await post.delivered()
    assert await ask(reuseExisting=True) == first
    second = await ask()
    assert second != first
    assert [each["id"] for each in await exports_of(client)] == [second, first]
    await post.delivered()
    assert [each["id"] for each in await exports_of(client)] == [second]


async def test_concurrent_requests_create_one_export(api: Api, make: Factories, post: Post) -> None:
    client = api.as_(await make.user())
    asked = await asyncio.gather(
        *(client.change("requestDataExport", {}, fields="dataExport { id }") for _ in range(8))
    )
    assert len({each["dataExport"]["id"] for each in asked}) == 1
    assert len(await post.delivered()) == 1


async def test_only_the_user_can_download_their_export(api: Api, make: Factories, post: Post) -> None:
    ann, eve = await make.user(), await make.user(is_staff=True)
    await exported(api.as_(ann), post)
    (export,) = await exports_of(api.as_(ann))
    assert await exports_of(api.as_(eve)) == []

    async def outcome(client: Api, url: str = export["downloadUrl"]) -> tuple[int, str]:
        response = await fetched(client, url)
        return response.status_code, response.json()["errors"][0]["extensions"]["code"]

    assert await outcome(api) == (401, "UNAUTHENTICATED")
    assert await outcome(api.bearing("not.a.token")) == (401, "UNAUTHENTICATED")
    unknown = export["downloadUrl"][:-1] + ("0" if export["downloadUrl"][-1] != "0" else "1")
    for client, url in (
        (api.as_(eve), export["downloadUrl"]),
        (api.as_(eve, is_staff=True), export["downloadUrl"]),
        (api.as_(ann), unknown),
        (api.as_(ann), f"{export['downloadUrl']}%00"),
    ):
        assert await outcome(client, url) == (404, "NOT_FOUND")
    assert (await api.http.post(export["downloadUrl"], headers=api.as_(ann).headers)).status_code == 405


async def test_api_tokens_need_the_account_scope(api: Api, make: Factories, post: Post) -> None:
    ann = await make.user()
    await exported(api.as_(ann), post)
    (export,) = await exports_of(api.as_(ann))
    for scopes, status in (
        ([ApiScope.READ, ApiScope.WRITE], 403),
        ([ApiScope.ACCOUNT], 403),
        (
            [ApiScope.READ, ApiScope.ACCOUNT],
            200,
        ),
    ):
        secret = new_api_token()
        await make.row(ApiToken(user_id=ann.id, name="It", token_hash=token_hash(secret), scopes=scopes))
        assert (await fetched(api.bearing(secret), export["downloadUrl"])).status_code == status


async def test_an_expired_export_is_not_found(
    api: Api, make: Factories, post: Post, services: Services, server: Server, database_url: str
) -> None:
    client = api.as_(await make.user())
    await exported(client, post)
    (export,) = await exports_of(client)
    database = await server.connect(database_url)
    await database.execute(
        "UPDATE data_exports "
        "SET created_at = now() - interval '8 days', expires_at = now() - interval '1 second'"
    )
    (shown,) = await exports_of(client)
    assert (shown["exportStatus"], shown["downloadUrl"]) == ("SUCCEEDED", None)
    assert (await fetched(client, export["downloadUrl"])).status_code == 404
    handlers = background.handlers(services.settings, services.database, post)
    await handlers[background.PURGE_EXPORTS]({})
    assert await exports_of(client) == []
    assert await database.fetchval("SELECT count(*) FROM data_export_parts") == 0
    await database.close()


async def test_a_large_export_is_sent_in_parts(api: Api, make: Factories) -> None:
    ann = await make.user()
    content = bytes(range(256)) * 1024 * 2 + b"the end"
    values = {"user_id": ann.id, "status": DataExportStatus.SUCCEEDED, "bytes": len(content)}
    export = await make.row(DataExport(**values, expires_at=now() + timedelta(days=1)))
    for number, start in enumerate(range(0, len(content), PART_BYTES)):
        part = content[start : start + PART_BYTES]
        await make.row(DataExportPart(export_id=export.id, number=number, content=part))
    assert (await fetched(api.as_(ann), f"/exports/{export.id}")).content == content


async def test_a_failing_export_is_retried_and_then_failed(
    api: Api, make: Factories, services: Services, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api.as_(await make.user())
    payload = await client.change("requestDataExport", {}, fields="dataExport { id }")
    data = {"id": payload["dataExport"]["id"]}
    work = background.handlers(services.settings, services.database, post)[exports.MAKE_EXPORT]
    monkeypatch.setattr(exports, "SECTIONS", (None,))
    states = []
    for _ in range(exports.ATTEMPTS):
        with pytest.raises(AttributeError):
            await work(data)
        states.append((await exports_of(client))[0]["exportStatus"])
    assert states == ["QUEUED", "QUEUED", "FAILED"]
    await work(data)  # the export has failed: the job does nothing and succeeds
    monkeypatch.undo()
    again = await client.change("requestDataExport", {}, fields="dataExport { id }")
    assert again["dataExport"]["id"] != data["id"]


async def test_attempts_that_crashed_their_worker_count(
    api: Api, make: Factories, services: Services, post: Post
) -> None:
    ann = await make.user()
    export = await make.row(
        DataExport(user_id=ann.id, status=DataExportStatus.RUNNING, attempts=exports.ATTEMPTS)
    )
    await background.handlers(services.settings, services.database, post)[exports.MAKE_EXPORT](
        {"id": export.id}
    )
    assert (await exports_of(api.as_(ann)))[0]["exportStatus"] == "FAILED"


async def test_an_export_that_is_too_large_fails_at_once(
    api: Api, make: Factories, services: Services, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await make.user()
    export = await make.row(DataExport(user_id=ann.id))
    monkeypatch.setattr(exports, "Archive", lambda: Archive(most=100))
    work = background.handlers(services.settings, services.database, post)[exports.MAKE_EXPORT]
    with pytest.raises(PermanentJobError):
        await work({"id": export.id})
    assert (await exports_of(api.as_(ann)))[0]["exportStatus"] == "FAILED"


async def test_an_export_contains_the_users_data_and_nothing_of_others(
    api: Api, make: Factories, post: Post
) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob Secretive", email="bob.private@example.com")
    family = await make.family(ann, bob, name="Home")
    film = await make.media("=HYPERLINK(1)")
    await make.entry(ann, film, notes="Mine.", rating=7)
    await make.entry(bob, film, notes="His alone.")
    await make.recommendation(bob, ann, message="@you")
    await make.invitation(family, "carl.private@example.com", by=ann)
    await api.as_(ann).change(
        "updateFamilyMemberRole", {"familyId": family.id, "userId": bob.id, "role": "ADMIN"}
    )
    archive = await exported(api.as_(ann), post)
    (account,) = table(archive, "account")
    assert (account["email"], account["name"], account["preferences"]) == (ann.email, "Ann", {})
    (entry,) = table(archive, "watchlist")
    assert (entry["title"], entry["notes"], entry["rating"]) == ("=HYPERLINK(1)", "Mine.", 7)
    assert entry["status"] == "NOT_WATCHED" and entry["dateAdded"].endswith("Z")
    (mine,) = table(archive, "families")
    assert (mine["name"], mine["role"], mine["sharesWatchlist"]) == ("Home", "OWNER", True)
    assert len(table(archive, "invitations-sent")) == 1
    (event,) = [each for each in table(archive, "audit-log") if each["action"] == "ROLE_CHANGED"]
    assert (event["actorId"], event["targetUserId"]) == (ann.id, bob.id)
    (row,) = csv.DictReader(io.StringIO(archive.read("watchlist.csv").decode()))
    assert (row["title"], row["notes"], row["rating"]) == ("'=HYPERLINK(1)", "Mine.", "7")
    (received,) = csv.DictReader(io.StringIO(archive.read("recommendations-received.csv").decode()))
    assert received["message"] == "'@you"
    everything = b"".join(archive.read(name) for name in archive.namelist())
    for private in ("private@", "Secretive", "His alone", "password", "hash"):
        assert private not in everything.decode(), private


def test_the_archive_has_a_size_limit() -> None:
    archive = Archive(most=20)
    archive.add_text("a", "x" * 15)
    with pytest.raises(TooLarge):
        archive.add_table("b", ["column"], [["value"]])


async def test_downloads_are_charged_to_the_rate_limit(
    api: Api, make: Factories, post: Post, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api.as_(await make.user())
    await exported(client, post)
    (export,) = await exports_of(client)
    monkeypatch.setattr(services.rates, "on", True)
    monkeypatch.setattr(services.rates, "user", RateLimitRule("user", 10, 60.0))
    assert (await fetched(client, export["downloadUrl"])).status_code == 200
    refused = await fetched(client, export["downloadUrl"])
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
