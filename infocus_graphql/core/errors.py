"""Expected refusals: one exception, one closed list of codes. Knows neither HTTP nor GraphQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class ErrorCode(Enum):
    """Why something was refused; published as the GraphQL enum `UserErrorCode`."""

    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    ALREADY_PROCESSED = "ALREADY_PROCESSED"
    EXPIRED = "EXPIRED"
    IN_USE = "IN_USE"
    OWNER_CANNOT_LEAVE = "OWNER_CANNOT_LEAVE"
    STALE_VERSION = "STALE_VERSION"
    WEAK_PASSWORD = "WEAK_PASSWORD"  # noqa: S105 - a code, not a password
    EMAIL_NOT_VERIFIED = "EMAIL_NOT_VERIFIED"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, with the path of the input field it is about, as the client wrote it (camelCase)."""

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    existing_id: str | None = None
    required_role: str | None = None


class Refused(Exception):
    """Raised by use cases and policies: the work is rolled back and the client is told the reasons."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(refusal.message for refusal in refusals))
        self.refusals: Sequence[Refusal] = refusals


class Overloaded(Exception):
    """There is too much to do at the moment; the same can be asked again in some seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def refused(code: ErrorCode, message: str, *path: str, existing_id: str | None = None) -> Refused:
    """A refusal with a single reason, ready to be raised."""
    return Refused(Refusal(code, message, path, existing_id=existing_id))


def not_found(what: str, *path: str) -> Refused:
    """The answer for what does not exist and, in the same words, for what the viewer may not see."""
    return refused(ErrorCode.NOT_FOUND, f"There is no such {what}.", *path)
