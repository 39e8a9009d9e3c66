"""API tokens: creation, scopes, expiry and revocation."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from infocus_graphql.app import create_app
from infocus_graphql.core.clock import now
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.domains.identity.api_tokens.models import MAX_TOKENS, ApiToken
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from infocus_graphql.graph.declarations import ACCESS, SCOPE
from infocus_graphql.graph.root import Access
from infocus_graphql.graph.strawberry_internals import strawberry_field
from infocus_graphql.security import api_token_cache as api_tokens
from infocus_graphql.security.api_tokens import PREFIX
from infocus_graphql.settings import Settings
from infocus_graphql.settings.mail import MailBackend
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD, signed_in, sql
from tests.graph.walk import CORE
from tests.support.client import Api
from tests.support.factories import Factories

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
TOKEN = "secret apiToken { id name scopes createdAt tokenExpiresAt lastUsedAt }"
LIST = "{ viewer { apiTokens { totalCount nodes { id name scopes tokenExpiresAt lastUsedAt } } } }"
EMAIL = "{ viewer { email } }"

# The mutations that need another scope than WRITE.
FAMILY_ADMIN = {
    "deleteFamily",
    "inviteToFamily",
    "removeFamilyMember",
    "resendFamilyInvitation",
    "revokeFamilyInvitation",
    "transferFamilyOwnership",
    "updateFamily",
    "updateFamilyMemberRole",
}
ACCOUNT = {
    "finishPasskeyRegistration",
    "startPasskeyRegistration",
    "cancelAccountDeletion",
    "changePassword",
    "removePasskey",
    "renamePasskey",
    "requestAccountDeletion",
    "requestDataExport",
    "requestEmailChange",
    "requestEmailVerification",
    "revokeSession",
}
SESSIONS_ONLY = {
    "startPasskeyVerification",
    "startSecondFactorSetup",
    "confirmSecondFactor",
    "createApiToken",
    "disableSecondFactor",
    "verifyPasskey",
    "verifySecondFactor",
    "regenerateBackupCodes",
    "revokeApiToken",
}
WRITE = {
    "acceptFamilyInvitation",
    "addToWatchlist",
    "addManyToWatchlist",
    "updateManyWatchlistEntries",
    "logWatch",
    "undoWatch",
    "startRewatch",
    "acceptRecommendation",
    "createFamily",
    "declineFamilyInvitation",
    "leaveFamily",
    "markNotificationsRead",
    "updateNotificationPreferences",
    "recommend",
    "rejectRecommendation",
    "removeFromWatchlist",
    "updateProfile",
    "updateSettings",
    "updateFamilySharing",
    "updateWatchlistEntry",
    "withdrawRecommendation",
}


class Time:
    """A monotonic clock that tests can set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The clock of the token cache, which caches tokens for a second."""
    chosen = Time()
    monkeypatch.setattr(api_tokens, "monotonic", chosen)
    return chosen


async def made(api: Api, user: User, *scopes: str, **values: Any) -> tuple[Api, str]:
    """Creates a token of the user. Returns a client that uses it, and the token's id."""
    given = {"name": "Backup", "scopes": list(scopes) or ["READ"], **values}
    payload = await api.as_(user).change("createApiToken", given, fields=TOKEN)
    assert payload["errors"] == []
    return api.bearing(payload["secret"]), payload["apiToken"]["id"]


async def code_of(client: Api, query: str) -> str:
    """Returns the code of the only error of an operation that is rejected at its root field."""
    (error,) = (await client.result(query))["errors"]
    code: str = error["extensions"]["code"]
    return code


async def test_a_token_is_returned_once_and_acts_for_its_user(
    api: Api, make: Factories, services: Services
) -> None:
    ann = await make.user("Ann")
    end = (now() + timedelta(days=30)).replace(microsecond=0)
    given = {
        "name": " Backup ",
        "scopes": ["FAMILY_ADMIN", "READ", "READ"],
        "tokenExpiresAt": end.isoformat(),
    }
    payload = await api.as_(ann).change("createApiToken", given, fields=TOKEN)
    secret, shown = payload["secret"], payload["apiToken"]
    assert secret.startswith(PREFIX) and len(secret) == len(PREFIX) + 43
    assert (shown["name"], shown["scopes"], shown["lastUsedAt"]) == ("Backup", ["READ", "FAMILY_ADMIN"], None)
    assert datetime.fromisoformat(shown["tokenExpiresAt"]) == end
    assert await api.bearing(secret).data(EMAIL) == {"email": ann.email}
    # Only its hash is stored.
    (stored,) = await sql(services, "SELECT t::text FROM api_tokens t")
    assert secret not in stored and secret.removeprefix(PREFIX) not in stored
    assert secret not in (await api.as_(ann).post(LIST)).text


async def test_users_list_and_revoke_their_own_tokens(api: Api, make: Factories, time: Time) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    await make.family(ann, bob)
    program, token_id = await made(api, ann, name="Phone")
    await made(api, ann)
    found = (await api.as_(ann).data(LIST))["apiTokens"]
    assert [each["name"] for each in found["nodes"]] == ["Backup", "Phone"]
    assert (await api.as_(bob).data(LIST))["apiTokens"]["totalCount"] == 0
    foreign = await api.as_(bob).refused("revokeApiToken", {"id": token_id})
    assert foreign == ("NOT_FOUND", ["input", "id"])
    assert await program.data(EMAIL) == {"email": ann.email}
    payload = await api.as_(ann).change("revokeApiToken", {"id": token_id}, fields="deletedId")
    assert payload == {"deletedId": token_id, "errors": []}
    time.now += 1.0
    assert await code_of(program, EMAIL) == "UNAUTHENTICATED"
    assert (await api.as_(ann).data(LIST))["apiTokens"]["totalCount"] == 1


async def test_a_token_is_looked_up_once_a_second(
    api: Api, make: Factories, services: Services, time: Time
) -> None:
    ann = await make.user("Ann")
    found, secret = services.api_tokens, await _secret(api, ann)
    assert (await found.verify(secret)).id == ann.id
    await sql(services, "DELETE FROM api_tokens")
    time.now += 0.99
    assert (await found.verify(secret)).id == ann.id
    time.now += 0.01
    assert (await found.verify(secret)).id is None


async def _secret(api: Api, user: User) -> str:
    payload = await api.as_(user).change("createApiToken", {"name": "A", "scopes": ["READ"]}, fields=TOKEN)
    secret: str = payload["secret"]
    return secret


async def test_a_token_expires(api: Api, make: Factories, clock: Clock) -> None:
    ann = await make.user("Ann")
    program, _ = await made(api, ann, tokenExpiresAt=(now() + timedelta(minutes=5)).isoformat())
    assert await program.data(EMAIL) == {"email": ann.email}
    clock.move(minutes=5)
    assert await code_of(program, EMAIL) == "UNAUTHENTICATED"


async def test_creating_a_token_needs_a_verified_address_if_mails_are_sent(
    api: Api, make: Factories, settings: Settings, database_url: str
) -> None:
    ann = await make.user("Ann", email_verified_at=None)
    given = {"name": "Backup", "scopes": ["READ"]}
    assert await api.as_(ann).refused("createApiToken", given) == ("EMAIL_NOT_VERIFIED", [])
    app = create_app(settings.model_copy(update={"mail": MailBackend.OFF}), database_url=database_url)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as elsewhere:
        assert (await elsewhere.as_(ann).change("createApiToken", given))["errors"] == []


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "ifp_"])
async def test_an_unknown_token_is_rejected(api: Api, wrong: str) -> None:
    assert await code_of(api.bearing(PREFIX + wrong), EMAIL) == "UNAUTHENTICATED"


async def test_last_used_at_is_written_once_a_minute_in_the_background(
    api: Api, make: Factories, services: Services, time: Time
) -> None:
    ann = await make.user("Ann")
    program, _ = await made(api, ann)
    await program.data(EMAIL)
    await services.api_tokens.finish()
    (first,) = await sql(services, "SELECT last_used_at FROM api_tokens")
    assert first is not None
    # Within the minute nothing is written, not even if another process has written it.
    await sql(services, "UPDATE api_tokens SET last_used_at = now() - interval '2 minutes'")
    time.now += 59
    await program.data(EMAIL)
    await services.api_tokens.finish()
    (second,) = await sql(services, "SELECT last_used_at FROM api_tokens")
    assert second < first
    time.now += 1
    await program.data(EMAIL)
    await services.api_tokens.finish()
    (third,) = await sql(services, "SELECT last_used_at FROM api_tokens")
    assert third > first


async def test_each_scope_permits_exactly_its_own_fields(api: Api, make: Factories) -> None:
    ann = await make.user("Ann", is_staff=True)
    family = await make.family(ann)
    does = {
        "READ": EMAIL,
        "WRITE": 'mutation { updateProfile(input: {bio: "New"}) { errors { code } } }',
        "FAMILY_ADMIN": (
            f'mutation {{ updateFamily(input: {{id: "{family.id}", name: "New"}}) {{ errors {{ code }} }} }}'
        ),
        "ACCOUNT": f'mutation {{ revokeSession(input: {{id: "{family.id}"}}) {{ errors {{ code }} }} }}',
    }
    assert set(does) == {scope.name for scope in ApiScope}
    for scope in does:
        program, _ = await made(api, ann, scope)
        for needed, operation in does.items():
            if needed == scope:
                await program.data(operation)
            else:
                assert await code_of(program, operation) == "FORBIDDEN", (scope, needed)


async def test_tokens_are_rejected_for_sessions_tokens_and_staff_mutations(api: Api, make: Factories) -> None:
    ann = await make.user("Ann", is_staff=True)
    device = await signed_in(api, ann)
    program, _ = await made(api, ann, *(scope.name for scope in ApiScope))
    title = await make.media()
    refused = [
        "signOut(input: {everywhere: true})",
        f'signIn(input: {{email: "{ann.email}", password: "{PASSWORD}"}})',
        'createApiToken(input: {name: "More", scopes: [READ]})',
        f'deleteMediaItem(input: {{id: "{title.id}"}})',
    ]
    for field in refused:
        assert await code_of(program, f"mutation {{ {field} {{ errors {{ code }} }} }}") == "FORBIDDEN", field
        two = f"mutation {{ {field} {{ errors {{ code }} }} __typename }}"
        assert await code_of(program, two) == "FORBIDDEN", field
    assert await api.bearing(device.access).data(EMAIL) == {"email": ann.email}


def test_every_root_field_declares_its_scope() -> None:
    found: dict[Any, set[str]] = {}
    for name, core in CORE.mutation_type.fields.items():
        source = strawberry_field(core)
        assert source is not None
        access, scope = source.metadata[ACCESS], source.metadata[SCOPE]
        if access is Access.CREDENTIALS:
            assert scope is None, f"{name}: an API token can not sign in or out"
        elif access is not Access.STAFF:  # staff fields reject API tokens
            found.setdefault(scope, set()).add(name)
    assert found == {
        ApiScope.WRITE: WRITE,
        ApiScope.FAMILY_ADMIN: FAMILY_ADMIN,
        ApiScope.ACCOUNT: ACCOUNT,
        None: SESSIONS_ONLY,
    }
    for name, core in CORE.query_type.fields.items():
        source = strawberry_field(core)
        assert source is not None
        assert source.metadata[SCOPE] is (None if name == "admin" else ApiScope.READ)


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"name": " "}, "REQUIRED", ["input", "name"]),
        ({"name": "x" * 101}, "TOO_LONG", ["input", "name"]),
        ({"scopes": []}, "REQUIRED", ["input", "scopes"]),
        ({"tokenExpiresAt": "2020-01-01T00:00:00Z"}, "OUT_OF_RANGE", ["input", "tokenExpiresAt"]),
    ],
)
async def test_invalid_input_creates_no_token(
    api: Api, make: Factories, values: dict[str, Any], code: str, path: list[str]
) -> None:
    given = {"name": "Backup", "scopes": ["READ"], **values}
    assert await api.as_(await make.user()).refused("createApiToken", given) == (code, path)


async def test_the_number_of_tokens_is_limited(api: Api, make: Factories) -> None:
    ann, bob = await make.user(), await make.user()
    rows = [
        ApiToken(user_id=ann.id, name="A", token_hash=str(n), scopes=[ApiScope.READ])
        for n in range(MAX_TOKENS)
    ]
    await make.rows(*rows)
    given = {"name": "One more", "scopes": ["READ"]}
    assert (await api.as_(ann).refused("createApiToken", given))[0] == "LIMIT_REACHED"
    await made(api, bob)


async def test_tokens_are_rejected_while_the_database_is_unavailable(
    api: Api, settings: Settings, make: Factories
) -> None:
    secret = await _secret(api, await make.user())
    app = create_app(settings, database_url=NOWHERE)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as cut_off:
        response = await cut_off.bearing(secret).post(EMAIL)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"


async def test_another_server_rejects_a_revoked_token_within_a_second(
    api: Api, settings: Settings, make: Factories, database_url: str, time: Time
) -> None:
    ann = await make.user()
    program, token_id = await made(api, ann)
    other = create_app(settings, database_url=database_url)
    async with other.router.lifespan_context(other), Api.of(other, other.state.services) as there:
        elsewhere = replace(there, headers=program.headers)
        responses = await asyncio.gather(*(elsewhere.data(EMAIL) for _ in range(5)))
        assert responses == [{"email": ann.email}] * 5
        await api.as_(ann).change("revokeApiToken", {"id": token_id})
        time.now += 1.0
        assert await code_of(elsewhere, EMAIL) == "UNAUTHENTICATED"
