"""Passwords: which are good enough, and their hashes.

argon2id runs in a small pool of threads, so that sign-ins never stall the event loop. Their number, their
priority and the length of their queue are bounded, so that a flood of sign-ins leaves room for all else.
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
# Judging takes a time that grows with the length, up to 300 ms for 256 characters that were made for it, and
# holds up everybody. What begins with so many characters that are hard to guess is good, whatever follows.
_JUDGED = 40
_NICENESS = 10
_RETRY_AFTER = 2


def validate_password(password: str, *path: str, hints: Sequence[str] = ()) -> None:
    """Refuses a password that is too short, too long, or easy to guess.

    zxcvbn judges it, which knows the 30,000 commonest ones and finds each of them weak. `hints` are texts
    that make bad passwords for this person, such as their e-mail address.
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
    """Whether this could be anybody's password at all; longer ones are not worth hashing."""
    return len(password) <= MAX_PASSWORD


class Passwords:
    """Hashes and verifies passwords with the parameters of the settings (OWASP's figures by default)."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib, parallelism=1
        )
        self._pool = ThreadPoolExecutor(
            settings.password_threads, thread_name_prefix="argon2", initializer=_lower_priority
        )
        self._room = settings.password_threads + settings.password_queue
        self._waiting = 0
        # Unknown accounts are checked against this, so that they take as long as known ones.
        self._nobody = self._hasher.hash(secrets.token_hex())

    async def hash(self, password: str) -> str:
        """The encoded hash of `password`, with its own salt and parameters."""
        return await self._run(self._hasher.hash, _normalized(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether `password` made `encoded`; for an unknown account (None) as slow, and False."""
        matches = await self._run(self._matches, encoded or self._nobody, _normalized(password))
        return matches and bool(encoded)

    def needs_rehash(self, encoded: str) -> bool:
        """Whether `encoded` was made with other parameters than today's and should be made anew."""
        return self._hasher.check_needs_rehash(encoded)

    def close(self) -> None:
        """Ends the threads; hashes under way are finished first."""
        self._pool.shutdown()

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *args: str) -> T:
        if self._waiting >= self._room:
            raise Overloaded("Too many users are signing in at the moment. Try again.", _RETRY_AFTER)
        work_done = asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        self._waiting += 1
        # When it is done and not when nobody waits for it any more: until then it takes up room.
        work_done.add_done_callback(self._make_room)
        return await work_done

    def _make_room(self, _: asyncio.Future[T]) -> None:
        self._waiting -= 1


def _lower_priority() -> None:
    """Lets the event loop, which serves everybody, go before the calling thread."""
    if sys.platform == "linux":  # elsewhere the niceness is one for the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _normalized(password: str) -> str:
    """One form for what keyboards send in several: an accent as a character of its own, or not."""
    return unicodedata.normalize("NFKC", password)
