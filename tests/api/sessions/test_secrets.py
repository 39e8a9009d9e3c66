"""Internal errors never reveal secrets to clients or in logs."""

import json
from typing import Any

import pytest

from infocus_graphql.graph.context import Services
from infocus_graphql.observability.logging import configure_logs
from infocus_graphql.settings import Settings
from tests.api.sessions.devices import COOKIE, TOKENS, signed_in, sql
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.server import Administer

PASSWORD = "correct horse battery"
REGISTER = f"mutation ($input: RegisterInput!) {{ register(input: $input) {{ {TOKENS} errors {{ code }} }} }}"
SIGN_IN = f"mutation ($input: SignInInput!) {{ signIn(input: $input) {{ {TOKENS} errors {{ code }} }} }}"
REFRESH = (
    "mutation ($input: RefreshSessionInput!) "
    f"{{ refreshSession(input: $input) {{ {TOKENS} errors {{ code }} }} }}"
)
# Statements that break the database so that PostgreSQL's error contains the whole row, and their reversal.
BROKEN = [
    *(
        (
            f"ALTER TABLE {table} ALTER created_at DROP DEFAULT",
            f"ALTER TABLE {table} ALTER created_at SET DEFAULT now()",
        )
        for table in ("users", "sessions", "refresh_tokens")
    ),
    ("CREATE RULE stuck AS ON INSERT TO users DO INSTEAD SELECT 1 / 0", "DROP RULE stuck ON users"),
    ("ALTER TABLE users RENAME TO other_users", "ALTER TABLE other_users RENAME TO users"),
    ("ALTER TABLE sessions RENAME token_hash TO digest", "ALTER TABLE sessions RENAME digest TO token_hash"),
]


@pytest.mark.parametrize("form", ["json", "console"])
async def test_an_internal_error_reveals_no_secret(
    api: Api,
    services: Services,
    settings: Settings,
    make: Factories,
    capsys: pytest.CaptureFixture[str],
    administer: Administer,
    form: str,
) -> None:
    configure_logs(settings.model_copy(update={"log_format": form, "log_level": "DEBUG"}))
    ann = await make.user(email="ann@example.com", password=PASSWORD)
    device = await signed_in(api, ann, password=PASSWORD)
    (stored,) = await sql(services, "SELECT password_hash FROM users")
    hashes = await sql(
        services, "SELECT token_hash FROM refresh_tokens UNION SELECT token_hash FROM sessions"
    )
    api.headers["Cookie"] = f"{COOKIE}={device.refresh}"
    client = api.bearing(device.access)
    attempts: list[tuple[str, dict[str, Any]]] = [
        (REGISTER, {"email": "bob@example.com", "password": PASSWORD}),
        (SIGN_IN, {"email": ann.email, "password": PASSWORD}),
        (REFRESH, {"refreshToken": device.refresh}),
    ]
    responses, failed = [], 0
    for breaks, mends in BROKEN:
        await administer(breaks)
        for query, given in attempts:
            response = await client.post(query, input=given)
            (payload,) = (response.json()["data"] or {"none": None}).values()
            if payload is None:
                responses.append(response.text)
                (error,) = response.json()["errors"]
                assert set(error["extensions"]) == {"code", "incident"}
                assert error["extensions"]["code"] == "INTERNAL"
                failed += 1
        await administer(mends)
    assert failed >= len(BROKEN)

    logged = capsys.readouterr().err
    assert logged.count("resolver failed") == failed
    if form == "json":
        lines = [json.loads(line) for line in logged.splitlines()]
        assert sum(line.get("incident") is not None for line in lines) == failed
    for secret in (PASSWORD, stored, device.access, device.refresh, device.secret, *hashes):
        assert secret not in logged
        assert secret not in "".join(responses)
    for text in ("$argon2", "argon2id"):
        assert text not in logged
    for word in ("SELECT", "INSERT", "users", "sqlalchemy", "asyncpg", "Traceback", "password_hash"):
        assert word not in "".join(responses)


async def test_successful_operations_are_logged_without_secrets(
    api: Api, settings: Settings, make: Factories, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(settings.model_copy(update={"log_format": "json", "log_level": "DEBUG"}))
    ann = await make.user(email="ann@example.com", password=PASSWORD)
    device = await signed_in(api, ann, password=PASSWORD)
    api.headers["Cookie"] = f"{COOKIE}={device.refresh}"
    client = api.bearing(device.access)
    await client.data("mutation { refreshSession { errors { code } } }")
    await client.data(
        f'mutation {{ signIn(input: {{email: "{ann.email}", password: "{PASSWORD}"}}) {{ accessToken }} }}'
    )
    await client.data(f'mutation {{ signOut(input: {{refreshToken: "{device.refresh}"}}) {{ ok }} }}')
    logged = capsys.readouterr().err
    assert len(logged.splitlines()) >= 4
    for secret in (PASSWORD, ann.email, device.access, device.refresh, device.secret, "eyJ"):
        assert secret not in logged
