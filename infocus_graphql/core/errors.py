"""Refusals (expected errors): one exception and a closed list of codes, independent of HTTP and GraphQL.

All error classes of the package, with what a client gets: the HTTP status and the code of the error. A status
with * is 200 for clients that accept `application/json` only (`http/media_types.py`).

    Exception
    ├── Refused                     200, a `UserError` in the payload: any `ErrorCode`
    ├── Overloaded                  503 SERVICE_UNAVAILABLE
    ├── HttpError                   its own status and code, before the request reaches the schema
    ├── RequestError                400* GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, BAD_USER_INPUT, …
    ├── GraphQLError                200; without a code it is masked as INTERNAL (`graph/masking.py`)
    │   ├── LimitExceeded           400* COST_LIMIT_EXCEEDED, DEPTH_LIMIT_EXCEEDED, …
    │   └── RateLimited             429* RATE_LIMITED
    ├── PlanExecutionError          200, or 503 without data: TIMEOUT, SERVICE_UNAVAILABLE, INTERNAL
    ├── LaneFull                    503 SERVICE_UNAVAILABLE, or 429* RATE_LIMITED if the account has too many
    ├── SocketClosed                the code and the reason of a WebSocket's close frame
    ├── TooManyConnections          503 SERVICE_UNAVAILABLE, or the close code 1013
    ├── SubscriptionEnded           the end of a stream with its own code (`graph/subscriptions.py`)
    ├── ResumeError                 200 RESET_REQUIRED, BAD_USER_INPUT
    ├── RevocationCheckUnavailable  503 SERVICE_UNAVAILABLE
    ├── ClientDisconnected          no response
    ├── ReaderClosedError           no response: the operation has ended
    ├── Unplannable                 no error: resolvers run
    ├── StoreUnavailable            no error: rates are counted in memory
    ├── RetryableJobError           no request: the job runs again
    │   └── PermanentJobError       no request: the job becomes a dead letter
    ├── TooLarge                    no request: the data export fails
    ├── EditRejected                400, a message in the form of the data browser
    ├── TmdbError                   200 UPSTREAM_UNAVAILABLE, or a message of a command (`tmdb/errors.py`)
    │   ├── TitleNotFound           TMDB has no such title
    │   ├── KeyRejected             the API key is invalid
    │   ├── RequestRejected         TMDB rejected the parameters
    │   ├── InvalidResponse         the response is unusable
    │   └── TmdbUnavailable         TMDB does not respond, after retries
    │       └── CircuitOpen         not tried, because TMDB failed repeatedly
    ├── InvalidPeriod               422 of the local TMDB, which serves development and tests
    ├── UnguardedTables             the server doesn't start
    ├── UnknownRevision             a message on the command line, like the next two
    ├── UnknownRoleError
    ├── CliError
    ├── RuntimeError
    │   └── EmbeddedPostgresError   a message on the command line
    ├── TypeError
    │   └── UnsupportedSchema       the server doesn't start
    └── ValueError
        ├── CursorError             200 BAD_USER_INPUT, of the field with the cursor
        ├── SyncCursorError         200 BAD_USER_INPUT, of `changes`
        ├── InvalidCredential       200, a `UserError`: INVALID or INVALID_CREDENTIALS
        └── UnusableSetting         the server doesn't start
            └── UnusableKey         the server doesn't start

Of the database's errors, `db/constraint_errors.py` makes Refused, and `db/transient_errors.py` a code.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from types import TracebackType
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class ErrorCode(Enum):
    """Why something was refused; published as the GraphQL enum `UserErrorCode`."""

    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    WEAK_PASSWORD = "WEAK_PASSWORD"  # noqa: S105 - a code, not a password
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    ALREADY_PROCESSED = "ALREADY_PROCESSED"
    EXPIRED = "EXPIRED"
    IN_USE = "IN_USE"
    LIMIT_REACHED = "LIMIT_REACHED"
    OWNER_CANNOT_LEAVE = "OWNER_CANNOT_LEAVE"
    STALE_VERSION = "STALE_VERSION"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    EMAIL_NOT_VERIFIED = "EMAIL_NOT_VERIFIED"
    FORBIDDEN = "FORBIDDEN"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, with the path of the input field it is about, as the client wrote it (camelCase)."""

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    existing_id: str | None = None
    required_role: Enum | None = None
    retry_after_seconds: int | None = None


class Refused(Exception):
    """Raised by use cases and policies: the transaction is rolled back and the client gets the reasons."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(" ".join(refusal.message for refusal in refusals))
        self.refusals: Sequence[Refusal] = refusals

    def under(self, *path: str) -> "Refused":
        """The same refusals for an input that is itself a field of a larger one."""
        return Refused(*(replace(each, path=(*path, *each.path)) for each in self.refusals))


class Problems:
    """Collects all refusals of an input, so that the client gets them in one response.

    A context manager: leaving the block raises Refused with everything that was collected.

        with Problems() as problems:
            address = problems.of(valid_email, email, "email")
            shown = problems.of(validated_text, name, "name", maximum=100)
            title = await problems.collect(lock_media_item(work, media))

    Database checks belong in the same block as format checks. A check that needs another valid value, such as
    the family of a member, is skipped while that value is invalid. So is a check that must not reveal its
    result: a code is not checked unless the password is correct.
    """

    def __init__(self) -> None:
        self._found: list[Refusal] = []

    @property
    def found(self) -> bool:
        """Whether there are refusals so far."""
        return bool(self._found)

    def of(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns the result of `check`; collects its refusals.

        After a refusal the result is None, whatever T is. It must not be used inside the block, and
        can't be used after the block, because leaving it raises.
        """
        try:
            return check(*args, **kwargs)
        except Refused as error:
            self._found.extend(error.refusals)
            return cast(T, None)

    async def collect(self, check: Awaitable[T]) -> T:
        """Like `of` for an awaitable, such as a check in the database."""
        try:
            return await check
        except Refused as error:
            self._found.extend(error.refusals)
            return cast(T, None)

    def add(self, *errors: Refused) -> None:
        """Collects refusals that were raised elsewhere."""
        for error in errors:
            self._found.extend(error.refusals)

    def joined(self, *errors: Refused) -> Refused:
        """One refusal of everything collected and of `errors`, for a mutation that returns a refusal."""
        self.add(*errors)
        return Refused(*self._found)

    def __enter__(self) -> "Problems":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Refused):
            self.add(error)
        elif error is not None:
            return
        if self._found:
            raise Refused(*self._found) from None


class Overloaded(Exception):
    """A queue is full; the client can try again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def refused(code: ErrorCode, message: str, *path: str, existing_id: str | None = None) -> Refused:
    """A `Refused` with a single reason, ready to raise."""
    return Refused(Refusal(code, message, path, existing_id=existing_id))


def not_found(what: str, *path: str) -> Refused:
    """The refusal for a missing object and, with the same message, for one that the viewer may not see."""
    return refused(ErrorCode.NOT_FOUND, f"This {what} does not exist, or you can't see it.", *path)
