"""Password strength, and argon2id hashes.

Hashing runs in a small thread pool, so that sign-ins never block the event loop. The pool has a low priority
and a bounded queue, so that a flood of sign-ins leaves CPU time for other requests.
"""

import asyncio
import os
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn_rs_py import zxcvbn

from infocus_graphql.core.errors import ErrorCode, Overloaded, Refusal, Refused, refused
from infocus_graphql.settings import Settings

T = TypeVar("T")

MIN_PASSWORD, MAX_PASSWORD = 8, 256
_WEAK_SCORE = 1  # of zxcvbn's 0-4: fewer than a million guesses
# zxcvbn blocks the event loop for a time that grows with the length, up to 300 ms for 256 crafted characters.
# A password whose first 40 characters are hard to guess is strong, whatever follows.
_JUDGED = 40
_NICENESS = 10
_RETRY_AFTER = 2


def validate_password(password: str, *path: str, hints: Sequence[str] = ()) -> None:
    """Refuses a password that is too short, too long, or easy to guess.

    zxcvbn estimates the strength; it includes the 30,000 most common passwords. `hints` are texts that make
    weak passwords for this user, such as their e-mail address.
    """
    length = len(password)
    if not MIN_PASSWORD <= length <= MAX_PASSWORD:
        code = ErrorCode.TOO_SHORT if length < MIN_PASSWORD else ErrorCode.TOO_LONG
        message = f"The password must have {MIN_PASSWORD} to {MAX_PASSWORD} characters."
        raise Refused(Refusal(code, message, path, minimum=MIN_PASSWORD, maximum=MAX_PASSWORD))
    words = [word for hint in hints for word in (hint, hint.partition("@")[0]) if word]
    found = zxcvbn(password[:_JUDGED], words)
    if int(found.score) <= _WEAK_SCORE:
        advice = found.feedback.warning if found.feedback else None
        message = f"The password is easy to guess. {advice or 'A few unrelated words make a good one.'}"
        raise refused(ErrorCode.WEAK_PASSWORD, message, *path)


def fits_length_limit(password: str) -> bool:
    """Whether the password is short enough to be valid; longer ones are not hashed."""
    return len(password) <= MAX_PASSWORD


class Passwords:
    """Hashes and verifies passwords with the configured parameters (by default those of OWASP)."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib, parallelism=1
        )
        self._pool = ThreadPoolExecutor(
            settings.password_threads, thread_name_prefix="argon2", initializer=_lower_priority
        )
        self._room = settings.password_threads + settings.password_queue
        self._waiting = 0
        # Verified for unknown users, so that they take as long as existing ones.
        self._dummy_hash = self._hasher.hash(secrets.token_hex())

    async def hash(self, password: str) -> str:
        """The encoded hash of `password`, with its own salt and parameters."""
        return await self._run(self._hasher.hash, _normalized(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether `password` matches `encoded`. For an unknown user (None): False, after the same time."""
        matches = await self._run(self._matches, encoded or self._dummy_hash, _normalized(password))
        return matches and bool(encoded)

    def needs_rehash(self, encoded: str) -> bool:
        """Whether `encoded` has other parameters than the configured ones and should be replaced."""
        return self._hasher.check_needs_rehash(encoded)

    def close(self) -> None:
        """Stops the threads after the running hashes."""
        self._pool.shutdown()

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *args: str) -> T:
        if self._waiting >= self._room:
            raise Overloaded("Too many users are signing in at the moment. Try again soon.", _RETRY_AFTER)
        work_done = asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        self._waiting += 1
        # On completion of the hash, not of this call, which may be cancelled while the hash still runs.
        work_done.add_done_callback(self._make_room)
        return await work_done

    def _make_room(self, _: asyncio.Future[T]) -> None:
        self._waiting -= 1


def _lower_priority() -> None:
    """Gives the calling thread a lower priority than the event loop."""
    if sys.platform == "linux":  # elsewhere the niceness applies to the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _normalized(password: str) -> str:
    """NFKC, so that composed and decomposed accents give the same hash."""
    return unicodedata.normalize("NFKC", password)
