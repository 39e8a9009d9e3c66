"""Errors in responses: `UserError` objects in payloads, and top-level errors with codes."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

import strawberry
from graphql import GraphQLError

from infocus_graphql.core.errors import ErrorCode, Refusal
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.list_lengths import MAX_PAGE

CODES = {
    ErrorCode.REQUIRED: "A value is required.",
    ErrorCode.INVALID: "The value is malformed or contradicts another value.",
    ErrorCode.TOO_SHORT: "The text or the list is too short; see `min`.",
    ErrorCode.TOO_LONG: "The text or the list is too long; see `max`.",
    ErrorCode.OUT_OF_RANGE: "The number or time is out of range; see `min` and `max`.",
    ErrorCode.WEAK_PASSWORD: "The password is too easy to guess.",
    ErrorCode.NOT_FOUND: "The object does not exist, or the viewer can't see it.",
    ErrorCode.ALREADY_EXISTS: "The object already exists; see `existing`.",
    ErrorCode.ALREADY_PROCESSED: "The object was already accepted, declined, rejected, ended or used.",
    ErrorCode.EXPIRED: "The object has expired.",
    ErrorCode.IN_USE: "The object can't be deleted because other objects refer to it.",
    ErrorCode.LIMIT_REACHED: "The maximum number of objects is reached. Delete one first.",
    ErrorCode.OWNER_CANNOT_LEAVE: "The owner can't leave the family before transferring or deleting it.",
    ErrorCode.STALE_VERSION: "The object was changed in the meantime; `existing` is its current state.",
    ErrorCode.INVALID_CREDENTIALS: "The e-mail address, password, token, code or passkey is wrong.",
    ErrorCode.SECOND_FACTOR_REQUIRED: "A recent second factor is required; see `verifySecondFactor` "
    "and `verifyPasskey`.",
    ErrorCode.EMAIL_NOT_VERIFIED: "A verified e-mail address is required; see `requestEmailVerification`.",
    ErrorCode.FORBIDDEN: "The viewer does not have permission; see `requiredRole`.",
    ErrorCode.NOT_AVAILABLE: "The operator of this server has disabled this feature.",
    ErrorCode.UPSTREAM_UNAVAILABLE: "The Movie Database can't be reached, or did not respond in time.",
}

UserErrorCode: TypeAlias = ErrorCode
publish_enum(
    UserErrorCode,
    "The reason for which a mutation failed. New values may be added.",
    CODES,
    name="UserErrorCode",
)


@strawberry.interface(
    description="An error in the result of a mutation. Nothing was changed. Programs use `code`; "
    "users read `message`."
)
class UserError:
    """The interface of all user errors."""

    message: str = strawberry.field(description="A message in English that can be shown to users.")
    code: UserErrorCode = strawberry.field(description="The error code, for programs.")
    path: list[str] = strawberry.field(
        description='The path of the invalid input field, such as `["input", "email"]`. Indexes of list '
        "items are strings. Empty if the error does not concern a single field."
    )

    @classmethod
    def details(cls, refusal: Refusal) -> dict[str, Any]:
        """Returns the values of this type's additional fields."""
        return {}


@strawberry.type(description="An input value is missing, malformed or out of range.")
class ValidationError(UserError):
    min: float | None = strawberry.field(description="The smallest allowed number or length.", default=None)
    max: float | None = strawberry.field(description="The largest allowed number or length.", default=None)

    @classmethod
    def details(cls, refusal: Refusal) -> dict[str, Any]:
        """Returns the limits of the value."""
        return {"min": refusal.minimum, "max": refusal.maximum}


E = TypeVar("E", bound=type[UserError])

# The type of each code. Other codes are ValidationErrors.
_TYPES: Final[dict[ErrorCode, type[UserError]]] = {}
# All error types, for the schema.
ERROR_TYPES: Final[list[type[UserError]]] = [ValidationError]


def error_type(*codes: ErrorCode) -> Callable[[E], E]:
    """Registers the GraphQL type of errors with these codes; domains register their own."""

    def register(kind: E) -> E:
        _TYPES.update(dict.fromkeys(codes, kind))
        ERROR_TYPES.append(kind)
        return kind

    return register


@error_type(ErrorCode.NOT_FOUND)
@strawberry.type(description="An object that the input refers to does not exist, or the viewer can't see it.")
class NotFoundError(UserError):
    """NOT_FOUND. Missing and hidden objects are indistinguishable."""


@error_type(ErrorCode.INVALID_CREDENTIALS, ErrorCode.SECOND_FACTOR_REQUIRED, ErrorCode.EMAIL_NOT_VERIFIED)
@strawberry.type(description="The credentials are wrong or not sufficient.")
class AuthenticationError(UserError):
    """INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED or EMAIL_NOT_VERIFIED."""


@error_type(ErrorCode.NOT_AVAILABLE)
@strawberry.type(description="This server does not have this feature.")
class UnavailableError(UserError):
    """NOT_AVAILABLE. No change of the input helps."""


@error_type(ErrorCode.UPSTREAM_UNAVAILABLE)
@strawberry.type(description="Another service failed. The same mutation can succeed later.")
class RetryableError(UserError):
    """UPSTREAM_UNAVAILABLE."""

    retry_after_seconds: int | None = strawberry.field(
        description="The number of seconds to wait before a retry; null if it is unknown.", default=None
    )

    @classmethod
    def details(cls, refusal: Refusal) -> dict[str, Any]:
        """Returns the time to wait."""
        return {"retry_after_seconds": refusal.retry_after_seconds}


def type_of(code: ErrorCode) -> type[UserError]:
    """Returns the GraphQL type of errors with this code."""
    return _TYPES.get(code, ValidationError)


def user_error(refusal: Refusal) -> UserError:
    """Converts a refusal to its GraphQL object. Paths start with the mutation's argument, `input`."""
    path = ["input", *refusal.path] if refusal.path else []
    kind = type_of(refusal.code)
    return kind(message=refusal.message, code=refusal.code, path=path, **kind.details(refusal))


def coded_error(code: str, message: str, **extensions: object) -> GraphQLError:
    """Returns a top-level error that is sent to clients unmasked."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def bad_input(message: str, *argument: str) -> GraphQLError:
    """Returns a BAD_USER_INPUT error about a query field's argument, whose path is `argument`."""
    return coded_error("BAD_USER_INPUT", message, argument=list(argument))


def too_many_ids() -> GraphQLError:
    """Returns the error of `nodes` for too many ids; both engines raise it."""
    return bad_input(f"At most {MAX_PAGE} ids are allowed.", "ids")
