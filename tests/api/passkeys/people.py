"""Helpers that use passkeys through the API."""

from typing import Any

from infocus_graphql.domains.identity.users.models import User
from tests.api.sessions.devices import PASSWORD, TOKENS, signed_in
from tests.support.authenticator import Authenticator
from tests.support.client import Api

NOT_GOOD = ("INVALID_CREDENTIALS", ["input", "credential"])
PASSKEYS = "{ viewer { passkeys { totalCount nodes { id name createdAt lastUsedAt backedUp transports } } } }"


async def asked(client: Api, mutation: str = "startPasskeySignIn", **given: Any) -> dict[str, Any]:
    """Calls a `start…` mutation and returns the options for the browser."""
    payload = await client.change(mutation, given, fields="options expiresAt")
    assert payload["errors"] == [], payload["errors"]
    options: dict[str, Any] = payload["options"]
    return options


async def added(client: Api, device: Authenticator, name: str = "Phone", **changes: Any) -> Any:
    """Registers the device's passkey with the password, and returns the payload."""
    options = await asked(client, "startPasskeyRegistration", password=PASSWORD)
    given = {"credential": device.create(options, **changes), "name": name}
    return await client.change(
        "finishPasskeyRegistration", given, fields="passkey { id name } viewer { email }"
    )


async def with_passkey(api: Api, user: User, **values: Any) -> tuple[Api, Authenticator, str]:
    """Signs in by password and registers a passkey. Returns the client, the device and the passkey's id."""
    device = Authenticator(**values)
    client = api.bearing((await signed_in(api, user)).access)
    payload = await added(client, device)
    assert payload["errors"] == []
    return client, device, payload["passkey"]["id"]


async def logged_in(api: Api, credential: dict[str, Any]) -> Any:
    """Signs in with a browser's credential and returns the payload."""
    given = {"credential": credential, "useCookie": False}
    return await api.change("signInWithPasskey", given, fields=TOKENS)


async def turned_away(api: Api, credential: dict[str, Any], what: str = "") -> None:
    """Asserts that sign-in fails with the error for all invalid credentials."""
    payload = await logged_in(api, credential)
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [NOT_GOOD], what
    assert {payload[name] for name in ("accessToken", "refreshToken", "session", "viewer")} == {None}
