"""Cases for the mutations on the viewer's own account; see `cases`."""

from infocus_graphql.core.clock import now
from infocus_graphql.security.totp import code_of, step_at
from tests.api.passkeys.people import asked, with_passkey
from tests.api.payloads.case import Case
from tests.api.payloads.cases import case
from tests.api.sessions.devices import PASSWORD, signed_in
from tests.support.authenticator import Authenticator
from tests.support.client import Api
from tests.support.factories import Factories


async def _signed_in(api: Api, make: Factories) -> Api:
    """Returns the client of a user with two sessions."""
    ann = await make.user("Ann")
    await signed_in(api, ann)
    return api.bearing((await signed_in(api, ann)).access)


async def _secret(client: Api) -> str:
    """Starts the setup of a second factor and returns its secret."""
    payload = await client.change("startSecondFactorSetup", {"password": PASSWORD}, fields="secret")
    secret: str = payload["secret"]
    return secret


async def _with_backup_codes(api: Api, make: Factories) -> tuple[Api, list[str]]:
    client = await _signed_in(api, make)
    code = code_of(await _secret(client), step_at(now().timestamp()))
    payload = await client.change("confirmSecondFactor", {"code": code}, fields="backupCodes")
    codes: list[str] = payload["backupCodes"]
    return client, codes


@case
async def update_profile(api: Api, make: Factories) -> Case:
    return Case(await _signed_in(api, make), {"name": "Anna", "bio": "New"})


@case
async def update_settings(api: Api, make: Factories) -> Case:
    return Case(await _signed_in(api, make), {"streamingServiceIds": []}, changes=False)


@case
async def revoke_session(api: Api, make: Factories) -> Case:
    ann = await make.user()
    other = await signed_in(api, ann)
    return Case(api.bearing((await signed_in(api, ann)).access), {"id": other.session_id})


@case
async def change_password(api: Api, make: Factories) -> Case:
    given = {"currentPassword": PASSWORD, "newPassword": "another passphrase"}
    return Case(await _signed_in(api, make), given)


@case
async def request_email_verification(api: Api, make: Factories) -> Case:
    ann = await make.user(email_verified_at=None)
    return Case(api.as_(ann), {}, changes=False)


@case
async def request_email_change(api: Api, make: Factories) -> Case:
    given = {"newEmail": "new@example.com", "password": PASSWORD}
    return Case(await _signed_in(api, make), given, changes=False)


@case
async def start_second_factor_setup(api: Api, make: Factories) -> Case:
    return Case(await _signed_in(api, make), {"password": PASSWORD}, changes=False)


@case
async def confirm_second_factor(api: Api, make: Factories) -> Case:
    client = await _signed_in(api, make)
    return Case(client, {"code": code_of(await _secret(client), step_at(now().timestamp()))})


@case
async def disable_second_factor(api: Api, make: Factories) -> Case:
    client, codes = await _with_backup_codes(api, make)
    return Case(client, {"password": PASSWORD, "code": codes[0]})


@case
async def regenerate_backup_codes(api: Api, make: Factories) -> Case:
    client, codes = await _with_backup_codes(api, make)
    await client.change("verifySecondFactor", {"code": codes[0]})
    return Case(client, {"code": codes[1]})


@case
async def verify_second_factor(api: Api, make: Factories) -> Case:
    client, codes = await _with_backup_codes(api, make)
    return Case(client, {"code": codes[0]})


@case
async def start_passkey_registration(api: Api, make: Factories) -> Case:
    return Case(await _signed_in(api, make), {"password": PASSWORD}, changes=False)


@case
async def finish_passkey_registration(api: Api, make: Factories) -> Case:
    client = await _signed_in(api, make)
    options = await asked(client, "startPasskeyRegistration", password=PASSWORD)
    return Case(client, {"credential": Authenticator().create(options), "name": "Phone"})


@case
async def start_passkey_verification(api: Api, make: Factories) -> Case:
    client, _, _ = await with_passkey(api, await make.user())
    return Case(client, {}, changes=False)


@case
async def verify_passkey(api: Api, make: Factories) -> Case:
    client, device, _ = await with_passkey(api, await make.user())
    return Case(client, {"credential": device.get(await asked(client, "startPasskeyVerification"))})


@case
async def rename_passkey(api: Api, make: Factories) -> Case:
    client, _, passkey = await with_passkey(api, await make.user())
    return Case(client, {"id": passkey, "name": "Key"})


@case
async def remove_passkey(api: Api, make: Factories) -> Case:
    client, _, passkey = await with_passkey(api, await make.user())
    return Case(client, {"id": passkey, "password": PASSWORD})


@case
async def create_api_token(api: Api, make: Factories) -> Case:
    return Case(await _signed_in(api, make), {"name": "Script", "scopes": ["READ"]})


@case
async def revoke_api_token(api: Api, make: Factories) -> Case:
    client = await _signed_in(api, make)
    given = {"name": "Script", "scopes": ["READ"]}
    payload = await client.change("createApiToken", given, fields="apiToken { id }")
    return Case(client, {"id": payload["apiToken"]["id"]})


@case
async def request_data_export(api: Api, make: Factories) -> Case:
    return Case(await _signed_in(api, make), {})


@case
async def request_account_deletion(api: Api, make: Factories) -> Case:
    return Case(await _signed_in(api, make), {"password": PASSWORD})


@case
async def cancel_account_deletion(api: Api, make: Factories) -> Case:
    client = await _signed_in(api, make)
    await client.change("requestAccountDeletion", {"password": PASSWORD})
    return Case(client, {})
