"""Password hashing and validation."""

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
    """Password hashing with fast parameters."""
    settings = Settings(_env_file=None, env=Environment.TEST, argon2_memory_kib=8, argon2_time_cost=1)
    made = Passwords(settings)
    yield made
    made.close()


async def test_a_hash_verifies_its_own_password_only(passwords: Passwords) -> None:
    encoded = await passwords.hash("a passphrase")
    assert encoded.startswith("$argon2id$")
    assert encoded != await passwords.hash("a passphrase")
    assert await passwords.verify(encoded, "a passphrase")
    for wrong in ("", "A passphrase", "a passphrase ", "nobody has this password"):
        assert not await passwords.verify(encoded, wrong)


async def test_a_missing_or_invalid_hash_matches_no_password(passwords: Passwords) -> None:
    for encoded in (None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$x"):
        for password in ("", "nobody has this password"):
            assert not await passwords.verify(encoded, password)


async def test_the_defaults_follow_owasp(passwords: Passwords) -> None:
    today = Passwords(Settings(_env_file=None, env=Environment.TEST))
    encoded = await today.hash("a passphrase")
    today.close()
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.needs_rehash(encoded)
    assert not passwords.needs_rehash(await passwords.hash("a passphrase"))


async def test_hashing_does_not_block_the_event_loop() -> None:
    settings = Settings(_env_file=None, env=Environment.TEST, argon2_memory_kib=8192, argon2_time_cost=4)
    passwords = Passwords(settings)
    hashing = asyncio.create_task(passwords.hash("a passphrase"))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    passwords.close()
    # In the loop's thread, hashing would finish in its first iteration.
    assert turns > 10


async def test_the_queue_of_hashes_is_bounded() -> None:
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
    await asyncio.sleep(0)  # lets all of them start
    # A cancelled waiter frees its place only after the hashing is done.
    flood[2].cancel()
    done = await asyncio.gather(*flood, return_exceptions=True)
    assert [isinstance(each, str) for each in done] == [True, True, False, False, False]
    assert [each.retry_after for each in done if isinstance(each, Overloaded)] == [2, 2]
    assert await passwords.verify(str(done[0]), "a passphrase")
    passwords.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a niceness for each thread")
async def test_hashing_threads_have_a_lower_priority(passwords: Passwords) -> None:
    await passwords.hash("a passphrase")
    (thread,) = [each for each in threading.enumerate() if each.name.startswith("argon2")]
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert os.getpriority(os.PRIO_PROCESS, thread.native_id or 0) == min(own + 10, 19) or own > 0
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_the_strength_check_uses_a_prefix_of_the_password() -> None:
    # Checking the whole password could block the server for a third of a second.
    strong = "".join(chr(33 + number * number % 90) for number in range(200))
    validate_password(strong, "password")
    with pytest.raises(Refused):
        validate_password("password" * 5 + strong, "password")


def test_weak_passwords_are_rejected_and_hints_are_considered() -> None:
    for weak in ("passw0rd", "12345678", "qwertyuiop", "letmein123", "aaaaaaaaaaaa", "abcdefgh", "iloveyou1"):
        with pytest.raises(Refused) as refusal:
            validate_password(weak, "password")
        (reason,) = refusal.value.refusals
        assert (reason.code, reason.path) == (ErrorCode.WEAK_PASSWORD, ("password",))
        assert weak not in reason.message
    validate_password("wilhelmina.vandenberg")
    with pytest.raises(Refused):
        validate_password("wilhelmina.vandenberg", hints=("wilhelmina.vandenberg@example.com",))


def test_passwords_above_the_length_limit_are_detected() -> None:
    assert fits_length_limit("x" * 256)
    assert not fits_length_limit("x" * 257)
