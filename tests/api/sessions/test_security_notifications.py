"""Users are notified by e-mail when credentials of their account change."""

from infocus_graphql.domains.identity.mfa.writes import remove_second_factor
from infocus_graphql.graph.context import Services
from tests.api.sessions.conftest import Clock
from tests.api.sessions.devices import PASSWORD
from tests.api.sessions.test_second_factor import begun, with_app
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.mailbox import Post


async def test_a_password_change_is_notified_with_network_and_device(
    api: Api, make: Factories, services: Services
) -> None:
    ann, post = await make.user("Ann", password=PASSWORD), Post(services)
    given = {"currentPassword": "not the right one", "newPassword": "a new passphrase of hers"}
    await api.as_(ann).refused("changePassword", given)
    assert await post.delivered() == []
    assert (await api.as_(ann).change("changePassword", {**given, "currentPassword": PASSWORD}))[
        "errors"
    ] == []
    mail = await post.one(ann.email, "Your password was changed")
    assert "Hello Ann," in mail.text and "127.0.0.0/24" in mail.text and "python-httpx" in mail.text
    assert "passphrase" not in mail.text + mail.html


async def test_a_password_reset_is_notified(api: Api, make: Factories, services: Services) -> None:
    ann, post = await make.user("Ann"), Post(services)
    await api.change("requestPasswordReset", {"email": ann.email})
    token = await post.token(ann.email, "Choose a new password", "/reset-password")
    await api.change("resetPassword", {"token": token, "newPassword": "a new passphrase of hers"})
    await post.one(ann.email, "Your password was changed")


async def test_enabling_and_disabling_the_second_factor_is_notified(
    api: Api, make: Factories, clock: Clock, services: Services
) -> None:
    ann, post = await make.user(password=PASSWORD), Post(services)
    client, _, app = await begun(api, ann)
    await client.refused("confirmSecondFactor", {"code": app.wrong()})
    assert await post.delivered() == []
    await client.change("confirmSecondFactor", {"code": app.code()})
    await post.one(ann.email, "Your second factor was turned on")
    await client.change("disableSecondFactor", {"password": PASSWORD, "code": app.code(1)})
    await post.one(ann.email, "Your second factor was turned off")

    bob = await make.user(password=PASSWORD)
    await with_app(api, bob, clock)
    await post.delivered()
    await services.database.transaction(remove_second_factor, email=bob.email)
    mail = await post.one(bob.email, "Your second factor was turned off")
    assert "python-httpx" not in mail.text, "it was done by the people who run the server"


async def test_a_new_api_token_is_notified_with_its_name_without_the_secret(
    api: Api, make: Factories, services: Services
) -> None:
    ann, post = await make.user(), Post(services)
    given = {"name": "Backup <b>", "scopes": ["READ"]}
    made = await api.as_(ann).change("createApiToken", given, fields="secret")
    mail = await post.one(ann.email, "An API token was created for your account")
    assert "“Backup <b>”" in mail.text and "Backup &lt;b&gt;" in mail.html
    assert made["secret"] not in mail.text + mail.html
