"""Unit tests of access tokens and refresh tokens."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from pydantic import SecretStr

from infocus_graphql.core import clock
from infocus_graphql.core.viewer import TokenFault, Viewer
from infocus_graphql.security import access_tokens as tokens
from infocus_graphql.security.access_tokens import AccessTokens, random_token, token_hash
from infocus_graphql.settings import Environment, Settings
from tests.support.ids import SESSION, USER, made_id

FIRST, SECOND = "the first key, which is long enough", "the second key, which is long enough"


def make_tokens(**keys: str) -> AccessTokens:
    """Returns AccessTokens with these keys."""
    chosen = {kid: SecretStr(key) for kid, key in keys.items()} or {"first": SecretStr(FIRST)}
    return AccessTokens(Settings(_env_file=None, env=Environment.TEST, jwt_keys=chosen))


TOKENS = make_tokens()
GOOD = TOKENS.access_token(user_id=USER, session_id=SESSION, is_staff=False)
INVALID = Viewer(fault=TokenFault.INVALID)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0é"


def part(value: Any) -> str:
    """Returns a segment of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed_with(changes: dict[str, Any]) -> str:
    """Returns a token with changed claims, signed with the first key."""
    claims = jwt.decode(GOOD.text, options={"verify_signature": False}) | changes
    return jwt.encode(claims, FIRST, "HS256", headers={"kid": "first", "typ": "at+jwt"})


def test_a_token_contains_user_session_and_expiry() -> None:
    made = [TOKENS.access_token(user_id=USER, session_id=SESSION, is_staff=staff) for staff in (False, True)]
    plain, staff = (jwt.decode(each.text, options={"verify_signature": False}) for each in made)
    assert set(plain) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert (plain["iss"], plain["aud"]) == ("infocus", "infocus-api")
    assert (plain["sub"], plain["sid"]) == (USER, SESSION)
    assert plain["exp"] - plain["iat"] == 15 * 60
    assert plain["exp"] == made[0].expires_at.timestamp()
    assert staff["staff"] is True
    assert plain["jti"] != staff["jti"]
    header = jwt.get_unverified_header(made[0].text)
    assert header == {"alg": "HS256", "typ": "at+jwt", "kid": "first"}
    assert [TOKENS.verify(each.text) for each in made] == [Viewer(USER, SESSION), Viewer(USER, SESSION, True)]


def test_every_configured_key_verifies_and_the_first_signs() -> None:
    old, both, new = make_tokens(a=FIRST), make_tokens(b=SECOND, a=FIRST), make_tokens(b=SECOND)
    by_old, by_both = (
        each.access_token(user_id=USER, session_id=SESSION, is_staff=False).text for each in (old, both)
    )
    assert [tokens.verify(by_old).id for tokens in (old, both, new)] == [USER, USER, None]
    assert [tokens.verify(by_both).id for tokens in (old, both, new)] == [None, USER, USER]
    assert make_tokens(a=SECOND).verify(by_old) == INVALID


def test_a_refresh_token_has_one_successor_for_each_key() -> None:
    old, both = make_tokens(a=FIRST), make_tokens(b=SECOND, a=FIRST)
    token = random_token()
    assert old.derive_successors(token) == both.derive_successors(token)[1:]
    assert len({token, *both.derive_successors(token), *both.derive_successors(random_token())}) == 5
    assert both.derive_successors(both.derive_successors(token)[0]) != both.derive_successors(token)


def test_random_tokens_fit_into_cookies_and_are_stored_as_hashes() -> None:
    tokens = {random_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
    assert len({token_hash(token) for token in tokens} | tokens) == 200


def test_derived_keys_differ_by_purpose() -> None:
    assert len({TOKENS.derived_key("cursor"), TOKENS.derived_key("refresh"), FIRST.encode()}) == 3


@pytest.mark.parametrize(
    "header",
    [
        [],
        None,
        1,
        {},
        {"alg": "HS256"},
        {"alg": ["HS256"], "typ": "at+jwt", "kid": "first"},
        {"alg": "HS256", "typ": "at+jwt", "kid": ["first"]},
        {"alg": "HS256", "typ": "at+jwt", "kid": {}},
        {"alg": "HS256", "typ": "at+jwt", "kid": None},
        {"alg": "none", "typ": "at+jwt", "kid": "first"},
        {"alg": "HS256", "typ": "AT+JWT", "kid": "first"},
        {"alg": "HS256", "typ": "at+jwt", "kid": "first", "b64": False},
    ],
)
def test_unexpected_headers_are_rejected(header: Any) -> None:
    _, payload, signature = GOOD.text.split(".")
    assert TOKENS.verify(f"{part(header)}.{payload}.{signature}") == INVALID


def test_a_deeply_nested_header_is_rejected() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 3000).decode()
    assert TOKENS.verify(f"{deep}.e30.AAAA") == INVALID


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    at=strategies.integers(0, len(GOOD.text) - 1),
    cut=strategies.integers(0, 3),
    new=strategies.text(LETTERS, max_size=3),
)
def test_a_token_with_any_change_is_rejected(at: int, cut: int, new: str) -> None:
    changed = GOOD.text[:at] + new + GOOD.text[at + cut :]
    if changed != GOOD.text:
        assert TOKENS.verify(changed) == INVALID


@settings(max_examples=200, deadline=None, derandomize=True)
@given(strategies.text(max_size=200) | strategies.from_regex(r"[\w.=-]*", fullmatch=True))
def test_no_text_raises_an_unexpected_error(text: str) -> None:
    assert TOKENS.verify(text) == INVALID


def test_each_character_of_the_signature_is_checked() -> None:
    for letter in LETTERS:
        changed = GOOD.text[:-1] + letter
        assert (TOKENS.verify(changed) == INVALID) is (changed != GOOD.text)
        assert TOKENS.verify(GOOD.text + letter) == INVALID


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """A function that moves the time forward."""

    def move(by: timedelta) -> None:
        class Moved(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # the stub returns Self
                return datetime.now(tz) + by

        monkeypatch.setattr(clock, "datetime", Moved)

    return move


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records the tokens whose signatures are verified."""
    seen: list[str] = []
    decode = jwt.decode

    def watched(token: str, *args: Any, **options: Any) -> Any:
        seen.append(token)
        return decode(token, *args, **options)

    monkeypatch.setattr(jwt, "decode", watched)
    return seen


def test_the_signature_of_a_valid_token_is_verified_once(checked: list[str]) -> None:
    made = make_tokens()
    texts = [
        made.access_token(user_id=made_id("us", number), session_id=SESSION, is_staff=number == 2).text
        for number in range(3)
    ]
    expected = [
        Viewer(made_id("us", 0), SESSION),
        Viewer(USER, SESSION),
        Viewer(made_id("us", 2), SESSION, True),
    ]
    for _ in range(3):
        assert [made.verify(text) for text in texts] == expected
    assert checked == texts


def test_a_cached_token_expires(later: Callable[[timedelta], None]) -> None:
    made = make_tokens()
    token = made.access_token(user_id=USER, session_id=SESSION, is_staff=False)
    assert made.verify(token.text).id == USER
    later(timedelta(minutes=14, seconds=58))
    assert made.verify(token.text).id == USER
    later(timedelta(minutes=15))
    assert [made.verify(token.text) for _ in range(2)] == [Viewer(fault=TokenFault.EXPIRED)] * 2
    never_seen = make_tokens().verify(token.text)
    assert never_seen == Viewer(fault=TokenFault.EXPIRED)


def test_rejected_tokens_are_not_cached(checked: list[str]) -> None:
    made = make_tokens()
    expired = signed_with({"exp": 1})
    foreign = make_tokens(first=SECOND).access_token(user_id=USER, session_id=SESSION, is_staff=False).text
    checked.clear()
    for _ in range(2):
        assert made.verify(foreign) == INVALID
        assert made.verify(expired) == Viewer(fault=TokenFault.EXPIRED)
    assert checked == [foreign, expired] * 2


def test_tokens_similar_to_a_cached_one_are_rejected() -> None:
    made = make_tokens()
    assert made.verify(GOOD.text).id == USER
    head, payload, signature = GOOD.text.split(".")
    other = part({"sub": made_id("us", 2)})
    spelled = (f"{GOOD.text}=", f" {GOOD.text}", f"{head}.{other}.{signature}", f"{head}.{payload}.")
    assert [made.verify(text) for text in (*spelled, head, "")] == [INVALID] * 6


def test_the_cache_belongs_to_its_keys() -> None:
    old, new = make_tokens(a=FIRST), make_tokens(b=SECOND)
    token = old.access_token(user_id=USER, session_id=SESSION, is_staff=False).text
    assert old.verify(token).id == USER
    assert new.verify(token) == INVALID


def test_the_cache_is_bounded_and_evicts_the_oldest(
    monkeypatch: pytest.MonkeyPatch, checked: list[str]
) -> None:
    monkeypatch.setattr(tokens, "_REMEMBERED", 3)
    made = make_tokens()
    users = [made_id("us", number) for number in range(5)]
    texts = [made.access_token(user_id=each, session_id=SESSION, is_staff=False).text for each in users]
    for text in texts:
        assert made.verify(text).id
    checked.clear()
    assert [made.verify(text).id for text in reversed(texts)] == users[::-1]
    assert checked == [texts[1], texts[0]]
