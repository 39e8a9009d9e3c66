"""Validation of access tokens, and the errors of every root field for invalid ones."""

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)
from pydantic import SecretStr

from infocus_graphql.app import create_app
from infocus_graphql.core.clock import now
from infocus_graphql.graph.context import Services
from infocus_graphql.schema import sdl
from infocus_graphql.settings import Settings
from tests.api.sessions.conftest import Clock
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.ids import SESSION, USER

KEY = "a key for tests that is long enough to sign"
CREDENTIALS = {"register", "signIn", "refreshSession", "signOut", "signInWithSecondFactor"}
# Links in e-mails may be opened on any device, signed in or not.
CREDENTIALS |= {"startPasskeySignIn", "signInWithPasskey"}
CREDENTIALS |= {"verifyEmail", "requestPasswordReset", "resetPassword", "confirmEmailChange"}
SCHEMA = build_schema(sdl())
VALUES = {"Int": "1", "Float": "1", "Boolean": "true", "Date": '"2026-01-31"', "CountryCode": '"DE"'}
VALUES |= {"DateTime": '"2026-01-31T20:15:00Z"', "JSONObject": "{}"}


def value_of(kind: Any) -> str:
    """Returns a literal of an input type."""
    if isinstance(kind, GraphQLNonNull):
        return value_of(kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{value_of(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        chosen = dict(list(kind.fields.items())[:1]) if kind.is_one_of else required(kind.fields)
        return "{" + ", ".join(f"{name}: {value_of(field.type)}" for name, field in chosen.items()) + "}"
    return VALUES.get(kind.name, '"x"')


def required(given: dict[str, Any]) -> dict[str, Any]:
    """Returns the required arguments or input fields."""
    return {
        name: each
        for name, each in given.items()
        if (
            is_required_argument(each) if isinstance(each, GraphQLArgument) else is_required_input_field(each)
        )
    }


def operation(kind: str, name: str, field: GraphQLField) -> str:
    """Returns the smallest operation with one root field."""
    given = ", ".join(f"{each}: {value_of(argument.type)}" for each, argument in required(field.args).items())
    selection = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return f"{kind} {{ {name}{f'({given})' if given else ''}{selection} }}"


def root_fields() -> Iterator[tuple[str, str]]:
    """Yields the name and an operation of each root field."""
    for kind, root in (("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type)):
        assert root is not None
        for name, field in root.fields.items():
            yield name, operation(kind, name, field)


def code_of(response: httpx.Response) -> str | None:
    """Returns the code of the only error of a response, else None."""
    errors = response.json().get("errors", [])
    assert len(errors) <= 1
    return errors[0]["extensions"]["code"] if errors else None


async def test_an_invalid_token_is_rejected_by_every_field_but_sign_in_and_out(
    api: Api, make: Factories, clock: Clock
) -> None:
    ann = await make.user()
    clock.move(minutes=-15)
    expired = api.as_(ann, is_staff=True)
    clock.move(minutes=15)
    names = set()
    for name, text in root_fields():
        names.add(name)
        for client, code in ((expired, "TOKEN_EXPIRED"), (api.bearing("garbage"), "UNAUTHENTICATED")):
            response = await client.post(text)
            assert response.status_code == 200
            assert code_of(response) == (None if name in CREDENTIALS else code), text
    assert names > CREDENTIALS
    assert len(names) > 30


async def test_a_token_is_valid_until_its_last_second(api: Api, make: Factories, clock: Clock) -> None:
    ann = await make.user()
    client = api.as_(ann)
    clock.move(minutes=14, seconds=50)
    assert code_of(await client.post("{ viewer { email } }")) is None
    clock.move(seconds=11)
    assert code_of(await client.post("{ viewer { email } }")) == "TOKEN_EXPIRED"


def claims(**changes: Any) -> dict[str, Any]:
    """Returns valid claims with changes; None removes a claim."""
    seconds = int(now().timestamp())
    good = {"iss": "infocus", "aud": "infocus-api", "sub": USER, "sid": SESSION, "jti": "j" * 22}
    found = good | {"iat": seconds, "exp": seconds + 900} | changes
    return {name: value for name, value in found.items() if value is not None}


def signed(given: dict[str, Any], key: str = KEY, algorithm: str = "HS256", **header: Any) -> str:
    """Returns a token signed with a key."""
    headers = {"kid": "test", "typ": "at+jwt", **header}
    return jwt.encode(given, key, algorithm, headers=headers)


def bad_tokens() -> dict[str, str]:
    """Returns invalid tokens by what is wrong with them."""
    no_booleans: list[Any] = ["true", 1, [True], {}]
    other_key = "another key that is long enough to sign with"
    return {
        "not signed": signed(claims(), "", "none"),
        "another algorithm": signed(claims(), KEY * 2, "HS512"),
        "another key": signed(claims(), other_key),
        "an unknown kid": signed(claims(), kid="other"),
        "an empty kid": signed(claims(), kid=""),
        "the type of another token": signed(claims(), typ="JWT"),
        "a further header": signed(claims(), crit=["b64"]),
        "a key of its own": signed(claims(), jwk={"kty": "oct", "k": "eA"}),
        "another issuer": signed(claims(iss="elsewhere")),
        "another audience": signed(claims(aud="elsewhere")),
        "a subject that is no text": signed(claims(sub=1)),
        "a session that is no text": signed(claims(sid=[SESSION])),
        "an end that is no number": signed(claims(exp="soon")),
        "not yet": signed(claims(nbf=int(now().timestamp()) + 600)),
        "issued later": signed(claims(iat=int(now().timestamp()) + 600)),
        "a longer life": signed(claims(exp=int(now().timestamp()) + 901)),
        "a subject with NUL": signed(claims(sub="us\0" + "1" * 24)),
        "a session with NUL": signed(claims(sid="se\0" + "1" * 24)),
        "half of a surrogate pair": signed(claims(sid="se\ud800" + "1" * 24)),
        "the id of something else": signed(claims(sub=SESSION)),
        **{f"staff: {value!r}": signed(claims(staff=value)) for value in no_booleans},
        "too long": signed(claims(filler="x" * 4000)),
        "two dots": "..",
        "no token": "null",
        **{f"no {name}": signed(claims(**{name: None})) for name in claims()},
    }


async def test_tokens_with_any_invalid_part_are_rejected(api: Api) -> None:
    assert code_of(await api.bearing(signed(claims())).post("{ viewer { email } }")) is None
    for what, token in bad_tokens().items():
        response = await api.bearing(token).post("{ viewer { email } }")
        assert code_of(response) == "UNAUTHENTICATED", what
        assert response.json()["data"] in ({"viewer": None}, None)
        assert token == "null" or token not in response.text


async def test_the_staff_claim_decides_access_to_staff_mutations(api: Api, make: Factories) -> None:
    delete = 'mutation { deleteMediaItem(input: {id: "x"}) { errors { code } } }'
    for staff in (None, False):
        response = await api.bearing(signed(claims(staff=staff))).post(delete)
        assert code_of(response) == "FORBIDDEN", staff
    assert code_of(await api.bearing(signed(claims(staff=True))).post(delete)) is None


@pytest.mark.parametrize("kid", ["test", "next"])
async def test_a_token_of_any_configured_key_is_accepted(
    settings: Settings, database_url: str, kid: str, make: Factories, services: Services
) -> None:
    ann = await make.user()
    keys = {"next": SecretStr("another key that is long enough to sign with"), **settings.jwt_keys}
    token = signed(claims(sub=ann.id), keys[kid].get_secret_value(), kid=kid)
    app = create_app(settings.model_copy(update={"jwt_keys": keys}), database_url=database_url)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as api:
        assert await api.bearing(token).data("{ viewer { email } }") == {"email": ann.email}
        made = app.state.services.tokens.access_token(user_id=ann.id, session_id=SESSION, is_staff=False)
        assert jwt.get_unverified_header(made.text)["kid"] == "next"
