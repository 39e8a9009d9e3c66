"""Passkeys in Chromium, with its virtual authenticator."""

from typing import Any

import pytest
from playwright.async_api import Page

from .conftest import Visit

pytestmark = pytest.mark.browser
VIRTUAL: dict[str, Any] = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
# The code of a web application, which uses only browser APIs and API responses.
CLIENT = """() => {
window.change = async (name, input, fields, token) => {
  const kind = name[0].toUpperCase() + name.slice(1) + 'Input';
  const query = `mutation ($input: ${kind}!) { ${name}(input: $input) { ${fields} errors { code path } } }`;
  const headers = {'Content-Type': 'application/json'};
  if (token) headers.Authorization = `Bearer ${token}`;
  const body = JSON.stringify({query, variables: {input}});
  const answer = await (await fetch('/graphql', {method: 'POST', headers, body})).json();
  const payload = answer.data[name];
  if (payload.errors.length) throw new Error(JSON.stringify(payload.errors));
  return payload;
};
window.registerPasskey = async (password, token) => {
  const {options} = await change('startPasskeyRegistration', {password}, 'options', token);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const made = await navigator.credentials.create({publicKey});
  const fields = 'passkey { name backedUp transports }';
  const input = {credential: made.toJSON(), name: 'Chromium'};
  return (await change('finishPasskeyRegistration', input, fields, token)).passkey;
};
window.usePasskey = async (start, token) => {
  const {options} = await change(start, {}, 'options', token);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({publicKey})).toJSON();
};
}"""
PASSWORD_SIGN_IN = (
    "([email, password]) => change('signIn', {email, password, useCookie: false}, 'accessToken')"
)
ADD = "([password, token]) => registerPasskey(password, token)"
PASSKEY_SIGN_IN = """async () => {
  const credential = await usePasskey('startPasskeySignIn');
  return change('signInWithPasskey', {credential, useCookie: false}, 'accessToken viewer { email }');
}"""
PROVE = """async (token) => {
  const credential = await usePasskey('startPasskeyVerification', token);
  return change('verifyPasskey', {credential}, 'passkey { id }', token);
}"""


async def _authenticator(page: Page) -> tuple[Any, str]:
    """Adds a virtual authenticator with automatic presence. Returns its CDP session and id."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    added = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
    return devtools, added["authenticatorId"]


async def _open(visit: Visit) -> None:
    """Opens the page by host name, because passkeys need a domain."""
    await visit.page.goto(visit.server.page_url.replace("127.0.0.1", "localhost"))
    await visit.page.evaluate(CLIENT)


async def test_a_browser_registers_a_passkey_and_signs_in_with_it(visit: Visit) -> None:
    page, account = visit.page, visit.server.account
    devtools, authenticator = await _authenticator(page)
    await _open(visit)
    token = (await page.evaluate(PASSWORD_SIGN_IN, [account.email, account.password]))["accessToken"]
    passkey = await page.evaluate(ADD, [account.password, token])
    assert (passkey["name"], passkey["transports"]) == ("Chromium", ["INTERNAL"])
    # The options exclude existing passkeys, so the browser creates no second one on the same device.
    with pytest.raises(Exception, match="already registered"):
        await page.evaluate(ADD, [account.password, token])
    opened = await page.evaluate(PASSKEY_SIGN_IN)
    assert opened["viewer"] == {"email": account.email} and opened["accessToken"] != token
    assert (await page.evaluate(PROVE, opened["accessToken"]))["passkey"]["id"].startswith("pk")
    kept = await devtools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
    (credential,) = kept["credentials"]
    assert (credential["rpId"], credential["isResidentCredential"]) == ("localhost", True)
    # Without user verification, the browser itself fails.
    unverified = {"authenticatorId": authenticator, "isUserVerified": False}
    await devtools.send("WebAuthn.setUserVerified", unverified)
    with pytest.raises(Exception, match="NotAllowedError"):
        await page.evaluate(PASSKEY_SIGN_IN)
