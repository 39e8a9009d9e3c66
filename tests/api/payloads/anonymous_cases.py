"""The same for the mutations that anyone may run, whose payloads a signed-in client doesn't compare."""

from datetime import timedelta
from typing import Any

from infocus_graphql.core.clock import now
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.registration.models import EmailPurpose, EmailToken
from infocus_graphql.security.access_tokens import random_token, token_hash
from tests.api.passkeys.people import asked, with_passkey
from tests.api.payloads.account_cases import _with_backup_codes
from tests.api.payloads.case import Case
from tests.api.payloads.cases import Prepare
from tests.api.sessions.devices import PASSWORD, signed_in
from tests.support.client import Api
from tests.support.factories import Factories

ANONYMOUS: dict[str, Prepare] = {}


def case(function: Prepare) -> Prepare:
    """Registers the case of the mutation that the function is named after."""
    first, *others = function.__name__.split("_")
    ANONYMOUS[first + "".join(word.title() for word in others)] = function
    return function


async def _mailed(make: Factories, purpose: EmailPurpose, user: User | None = None, **values: Any) -> str:
    """The token of a link that was sent by e-mail."""
    token = random_token()
    row = EmailToken(
        purpose=purpose,
        email=values.pop("email", None) or (user.email if user else ""),
        user_id=user.id if user else None,
        token_hash=token_hash(token),
        expires_at=now() + timedelta(hours=1),
        credentials_version=0,
        **values,
    )
    await make.row(row)
    return token


@case
async def register(api: Api, make: Factories) -> Case:
    return Case(api, {"email": "new-one@example.com", "password": "a long passphrase", "useCookie": False})


@case
async def verify_email(api: Api, make: Factories) -> Case:
    waiting: dict[str, Any] = {"email": "waiting@example.com", "password_hash": "x"}
    return Case(api, {"token": await _mailed(make, EmailPurpose.REGISTRATION, **waiting)})


@case
async def request_password_reset(api: Api, make: Factories) -> Case:
    return Case(api, {"email": (await make.user()).email})


@case
async def reset_password(api: Api, make: Factories) -> Case:
    ann = await make.user()
    await signed_in(api, ann)
    token = await _mailed(make, EmailPurpose.PASSWORD_RESET, ann)
    return Case(api, {"token": token, "newPassword": "another passphrase"})


@case
async def confirm_email_change(api: Api, make: Factories) -> Case:
    ann = await make.user()
    token = await _mailed(make, EmailPurpose.ADDRESS_CHANGE, ann, email="newer@example.com")
    return Case(api, {"token": token})


@case
async def sign_in(api: Api, make: Factories) -> Case:
    return Case(api, {"email": (await make.user()).email, "password": PASSWORD})


@case
async def refresh_session(api: Api, make: Factories) -> Case:
    return Case(api, {"refreshToken": (await signed_in(api, await make.user())).refresh})


@case
async def sign_out(api: Api, make: Factories) -> Case:
    device = await signed_in(api, await make.user())
    return Case(api.bearing(device.access), {"everywhere": True})


@case
async def sign_in_with_second_factor(api: Api, make: Factories) -> Case:
    client, codes = await _with_backup_codes(api, make)
    email = (await client.data("{ viewer { email } }"))["email"]
    payload = await api.change("signIn", {"email": email, "password": PASSWORD}, fields="challenge")
    return Case(api, {"challenge": payload["challenge"], "code": codes[0]})


@case
async def start_passkey_sign_in(api: Api, make: Factories) -> Case:
    return Case(api, {})


@case
async def sign_in_with_passkey(api: Api, make: Factories) -> Case:
    _, device, _ = await with_passkey(api, await make.user())
    return Case(api, {"credential": device.get(await asked(api))})
