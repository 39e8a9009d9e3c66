"""Passwords and their hashes."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator

import pytest

from infocus_graphql.core.errors import ErrorCode, Overloaded, Refused
from infocus_graphql.security.passwords import Passwords, fits_length_limit, validate_password
from infocus_graphql.settings import Environment, Settings


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    """Passwords with quick hashes."""
    settings = Settings(_env_file=None, env=Environment.TEST, argon2_memory_kib=8, argon2_time_cost=1)
    made = Passwords(settings)
    yield made
    made.close()


async def test_a_hash_verifies_its_own_password_alone(passwords: Passwords) -> None:
    encoded = await passwords.hash("a passphrase")
    assert encoded.startswith("$argon2id$")
    assert encoded != await passwords.hash("a passphrase")
    assert await passwords.verify(encoded, "a passphrase")
    for wrong in ("", "A passphrase", "a passphrase ", "nobody has this password"):
        assert not await passwords.verify(encoded, wrong)


async def test_nobody_has_no_password_and_a_broken_hash_fits_none(passwords: Passwords) -> None:
    for encoded in (None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$x"):
        for password in ("", "nobody has this password"):
            assert not await passwords.verify(encoded, password)


async def test_the_defaults_are_what_owasp_asks_for(passwords: Passwords) -> None:
    today = Passwords(Settings(_env_file=None, env=Environment.TEST))
    encoded = await today.hash("a passphrase")
    today.close()
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.needs_rehash(encoded)
    assert not passwords.needs_rehash(await passwords.hash("a passphrase"))


async def test_hashing_does_not_hold_up_the_event_loop() -> None:
    settings = Settings(_env_file=None, env=Environment.TEST, argon2_memory_kib=8192, argon2_time_cost=4)
    passwords = Passwords(settings)
    hashing = asyncio.create_task(passwords.hash("a passphrase"))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    passwords.close()
    # On the loop's own thread it would be done after its first turn.
    assert turns > 10


async def test_hashes_wait_in_a_queue_that_has_an_end() -> None:
    settings = Settings(
        _env_file=None,
        env=Environment.TEST,
        argon2_memory_kib=8,
        argon2_time_cost=1,
        password_threads=1,
        password_queue=2,
    )
    passwords = Passwords(settings)
    flood = [asyncio.create_task(passwords.hash("a passphrase")) for _ in range(5)]
    await asyncio.sleep(0)  # all of them begin
    # Who doesn't wait any more doesn't make room before the work is done.
    flood[2].cancel()
    done = await asyncio.gather(*flood, return_exceptions=True)
    assert [isinstance(each, str) for each in done] == [True, True, False, False, False]
    assert [each.retry_after for each in done if isinstance(each, Overloaded)] == [2, 2]
    assert await passwords.verify(str(done[0]), "a passphrase")
    passwords.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a niceness for each thread")
async def test_hashing_goes_behind_the_event_loop(passwords: Passwords) -> None:
    await passwords.hash("a passphrase")
    (thread,) = [each for each in threading.enumerate() if each.name.startswith("argon2")]
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert os.getpriority(os.PRIO_PROCESS, thread.native_id or 0) == min(own + 10, 19) or own > 0
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_a_password_is_judged_by_its_beginning() -> None:
    # Judging more of it could take a third of a second, during which nobody is served.
    strong = "".join(chr(33 + number * number % 90) for number in range(200))
    validate_password(strong, "password")
    with pytest.raises(Refused):
        validate_password("password" * 5 + strong, "password")


def test_weak_passwords_are_refused_and_hints_make_them_weaker() -> None:
    for weak in ("passw0rd", "12345678", "qwertyuiop", "letmein123", "aaaaaaaaaaaa", "abcdefgh", "iloveyou1"):
        with pytest.raises(Refused) as refusal:
            validate_password(weak, "password")
        (reason,) = refusal.value.refusals
        assert (reason.code, reason.path) == (ErrorCode.WEAK_PASSWORD, ("password",))
        assert weak not in reason.message
    validate_password("wilhelmina.vandenberg")
    with pytest.raises(Refused):
        validate_password("wilhelmina.vandenberg", hints=("wilhelmina.vandenberg@example.com",))


def test_only_passwords_that_can_be_somebodys_are_plausible() -> None:
    assert fits_length_limit("x" * 256)
    assert not fits_length_limit("x" * 257)
