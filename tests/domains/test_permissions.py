"""Tests every cell of the permission table through HTTP."""

from string import Template
from typing import Any

import pytest

from infocus_graphql.schema import schema
from tests.domains import permission_page
from tests.domains.permission_matrix import AREAS
from tests.domains.permission_words import ACTORS, DONE, HIDDEN, SHOWN, Action, Area
from tests.domains.permission_world import make_world
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Server

# Mutations on the caller's own session, for which actors don't differ; see tests/api/sessions.
OF_SESSIONS = {
    "finishPasskeyRegistration",
    "startPasskeyRegistration",
    "startPasskeyVerification",
    "startPasskeySignIn",
    "startSecondFactorSetup",
    "changePassword",
    "confirmEmailChange",
    "confirmSecondFactor",
    "disableSecondFactor",
    "signIn",
    "signInWithPasskey",
    "signInWithSecondFactor",
    "signOut",
    "verifyPasskey",
    "verifySecondFactor",
    "refreshSession",
    "register",
    "requestAccountDeletion",
    "regenerateBackupCodes",
    "requestEmailChange",
    "requestEmailVerification",
    "requestPasswordReset",
    "resetPassword",
    "verifyEmail",
}
TABLES = (
    "families",
    "family_memberships",
    "family_invitations",
    "watchlist_entries",
    "watch_events",
    "recommendations",
    "media_items",
    "streaming_providers",
    "profiles",
    "user_settings",
    "user_services",
    "users",
    "sessions",
    "refresh_tokens",
    "api_tokens",
    "passkeys",
    "data_exports",
    "notifications",
    "notification_schedules",
    "account_deletions",
)
CONTENT = "SELECT " + ", ".join(
    f"(SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {table} t)"
    for table in TABLES
)


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.title)
async def test_each_actor_has_the_permissions_in_the_table(
    api: Api, make: Factories, server: Server, database_url: str, area: Area
) -> None:
    database = await server.connect(database_url)
    found, expected = [], []
    for number, actor in enumerate(ACTORS):
        names: dict[str, str] = {}
        content = None
        for action in area.actions:
            if not names:
                names = await make_world(make, actor)
                content = await database.fetchrow(CONTENT)
            outcome = await outcome_of(api, actor, action, names)
            if not action.value:
                # Only successful mutations change data; after them, the next action gets a new world.
                changed = await database.fetchrow(CONTENT) != content
                assert changed is (outcome == DONE), f"{actor}: {action.words}: {outcome}"
                names = {} if changed else names
            found.append((actor, action.words, outcome))
            expected.append((actor, action.words, action.outcomes[number]))
    await database.close()
    assert found == expected


async def outcome_of(api: Api, actor: str, action: Action, names: dict[str, str]) -> str:
    """Performs an action and returns its outcome."""
    client = api if actor == "anonymous" else api.as_(names[actor], is_staff=actor == "staff")
    response = await client.result(Template(action.operation).substitute(names))
    if "errors" in response:
        (code,) = {error["extensions"]["code"] for error in response["errors"]}
        return str(code)
    if action.value:
        return SHOWN if value_at(response["data"], action.value) else HIDDEN
    (payload,) = response["data"].values()
    codes = {error["code"] for error in payload["errors"]}
    # What a user may not see or do comes before what else is wrong with the input.
    refusal = next((code for code in ("NOT_FOUND", "FORBIDDEN") if code in codes), None)
    assert refusal or len(codes) <= 1
    return refusal or next(iter(codes), DONE)


def value_at(value: Any, path: tuple[str, ...]) -> bool:
    """Whether the value at the path is neither null nor an empty list."""
    for key in path:
        if value is None:
            return False
        value = value.get(key)
    return value not in (None, [])


def test_each_row_has_an_outcome_for_each_actor() -> None:
    for area in AREAS:
        words = [action.words for action in area.actions]
        assert len(set(words)) == len(words)
        assert {len(action.outcomes) for action in area.actions} == {len(ACTORS)}


def test_the_table_has_all_mutations() -> None:
    operations = [action.operation for area in AREAS for action in area.actions]
    mutations = schema.get_type_by_name("Mutation")
    names = {schema.config.name_converter.from_field(field) for field in mutations.fields}  # type: ignore[union-attr]
    missing = {name for name in names if not any(f"{{ {name}(" in each for each in operations)}
    assert missing == OF_SESSIONS


def test_the_document_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert permission_page.main(AREAS, ["--check"]) == 0, capsys.readouterr().err


def test_check_reports_an_outdated_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    monkeypatch.setattr(permission_page, "PATH", tmp_path / "permissions.md")
    assert permission_page.main(AREAS, ["--check"]) == 1
    assert permission_page.main(AREAS, []) == 0
    printed = capsys.readouterr().out
    permission_page.PATH.write_text(printed, encoding="utf-8")
    assert permission_page.main(AREAS, ["--check"]) == 0
    permission_page.PATH.write_text(printed + "\n", encoding="utf-8")
    assert permission_page.main(AREAS, ["--check"]) == 1
