"""Errors in responses: `UserError` objects in payloads, and top-level errors with codes."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

import strawberry
from graphql import GraphQLError

from infocus_graphql.core.errors import ErrorCode, Refusal
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.list_lengths import MAX_PAGE

CODES = {
    ErrorCode.REQUIRED: "A value is needed here.",
    ErrorCode.INVALID: "The value has the wrong form or contradicts another value.",
    ErrorCode.TOO_SHORT: "The text or the list is too short; see `min`.",
    ErrorCode.TOO_LONG: "The text or the list is too long; see `max`.",
    ErrorCode.OUT_OF_RANGE: "The number or the time is outside of what is allowed; see `min` and `max`.",
    ErrorCode.WEAK_PASSWORD: "The password is too easy to guess.",
    ErrorCode.NOT_FOUND: "The object does not exist, or the viewer can't see it.",
    ErrorCode.ALREADY_EXISTS: "It exists already; see `existing`.",
    ErrorCode.ALREADY_PROCESSED: "It was answered, ended or used before.",
    ErrorCode.EXPIRED: "It has expired.",
    ErrorCode.IN_USE: "Other objects refer to it, so it can't be deleted.",
    ErrorCode.LIMIT_REACHED: "There are as many of these as allowed: remove one first.",
    ErrorCode.OWNER_CANNOT_LEAVE: "The owner has to transfer the family first.",
    ErrorCode.STALE_VERSION: "It was changed in between; `existing` is its current state.",
    ErrorCode.INVALID_CREDENTIALS: "The e-mail address, password, token, code or passkey is wrong.",
    ErrorCode.SECOND_FACTOR_REQUIRED: "The session needs a recent proof: see `verifySecondFactor` and "
    "`verifyPasskey`.",
    ErrorCode.EMAIL_NOT_VERIFIED: "The account needs a confirmed e-mail address: see "
    "`requestEmailVerification`.",
    ErrorCode.FORBIDDEN: "The viewer sees the object, but may not do this; see `requiredRole`.",
    ErrorCode.NOT_AVAILABLE: "This server does not offer this: its operator has turned it off.",
}

UserErrorCode: TypeAlias = ErrorCode
publish_enum(
    UserErrorCode, "Why a mutation refused its input. The list may grow.", CODES, name="UserErrorCode"
)


@strawberry.interface(
    description="An expected refusal: nothing was changed. Switch on `code`, show `message`."
)
class UserError:
    """The interface of all user errors."""

    message: str = strawberry.field(description="A sentence in English that users can read.")
    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    path: list[str] = strawberry.field(
        description='The input field that caused the error, such as `["input", "email"]`, with the '
        "index of a list's item as a string; empty when no single field did."
    )

    @classmethod
    def details(cls, refusal: Refusal) -> dict[str, Any]:
        """Returns the values of this type's additional fields."""
        return {}


@strawberry.type(description="A value of the input is missing, malformed or out of bounds.")
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
@strawberry.type(description="The input names an object that does not exist or that the viewer can't see.")
class NotFoundError(UserError):
    """NOT_FOUND. Missing and hidden objects are indistinguishable."""


@error_type(ErrorCode.INVALID_CREDENTIALS, ErrorCode.SECOND_FACTOR_REQUIRED, ErrorCode.EMAIL_NOT_VERIFIED)
@strawberry.type(description="The proof of who is asking is wrong, or not enough for this.")
class AuthenticationError(UserError):
    """INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED or EMAIL_NOT_VERIFIED."""


@error_type(ErrorCode.NOT_AVAILABLE)
@strawberry.type(description="This server does not offer this.")
class UnavailableError(UserError):
    """NOT_AVAILABLE. No change of the input helps."""


def type_of(code: ErrorCode) -> type[UserError]:
    """Returns the GraphQL type of errors with this code."""
    return _TYPES.get(code, ValidationError)


def user_error(refusal: Refusal) -> UserError:
    """Converts a refusal to its GraphQL object. Paths start with the mutation's argument, `input`."""
    path = ["input", *refusal.path] if refusal.path else []
    kind = type_of(refusal.code)
    return kind(message=refusal.message, code=refusal.code, path=path, **kind.details(refusal))


def coded_error(code: str, message: str, **extensions: Any) -> GraphQLError:
    """Returns a top-level error that is sent to clients unmasked."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def bad_input(message: str, *argument: str) -> GraphQLError:
    """Returns a BAD_USER_INPUT error about a query field's argument, whose path is `argument`."""
    return coded_error("BAD_USER_INPUT", message, argument=list(argument))


def too_many_ids() -> GraphQLError:
    """Returns the error of `nodes` for too many ids; both engines raise it."""
    return bad_input(f"At most {MAX_PAGE} ids are allowed.", "ids")
