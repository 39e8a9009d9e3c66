"""Errors in responses: `UserError` objects in payloads, and top-level errors with codes."""

from typing import Annotated, Any, Final, TypeAlias

import strawberry
from graphql import GraphQLError

from infocus_graphql.core.errors import ErrorCode, Refusal
from infocus_graphql.graph import refs
from infocus_graphql.graph.enums import publish_enum

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


@strawberry.type(description="A value of the input is missing, malformed or out of bounds.")
class ValidationError(UserError):
    min: float | None = strawberry.field(description="The smallest allowed number or length.", default=None)
    max: float | None = strawberry.field(description="The largest allowed number or length.", default=None)


@strawberry.type(description="The input names an object that does not exist or that the viewer can't see.")
class NotFoundError(UserError):
    """NOT_FOUND. Missing and hidden objects are indistinguishable."""


ExistingObject = Annotated[
    refs.WatchlistEntry | refs.Recommendation | refs.FamilyMembership,
    strawberry.union(
        "ExistingObject", description="An object that a mutation conflicts with. New types may be added."
    ),
]


@strawberry.type(description="The input does not fit the current state of an object.")
class ConflictError(UserError):
    """ALREADY_EXISTS and STALE_VERSION contain the object, which saves the client a request."""

    existing_id: strawberry.Private[str | None] = None

    @strawberry.field(
        description="The existing object, if the viewer can see it. Select its id with `... on Node { id }`."
    )
    async def existing(self, info: strawberry.Info) -> ExistingObject | None:
        """The existing object."""
        found: ExistingObject | None = await info.context.node(self.existing_id) if self.existing_id else None
        return found


@strawberry.type(description="The proof of who is asking is wrong, or not enough for this.")
class AuthenticationError(UserError):
    """INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED or EMAIL_NOT_VERIFIED."""


@strawberry.type(description="The viewer may not do this.", name="PermissionError")
class ForbiddenError(UserError):
    """FORBIDDEN."""

    required_role: refs.FamilyRole | None = strawberry.field(
        description="The role in the family that may do it; null when it is not a matter of roles.",
        default=None,
    )


@strawberry.type(description="This server does not offer this.")
class UnavailableError(UserError):
    """NOT_AVAILABLE. No change of the input helps."""


# The type of each code. Other codes are ValidationErrors.
_TYPES: Final[dict[ErrorCode, type[UserError]]] = {
    ErrorCode.NOT_FOUND: NotFoundError,
    ErrorCode.ALREADY_EXISTS: ConflictError,
    ErrorCode.ALREADY_PROCESSED: ConflictError,
    ErrorCode.EXPIRED: ConflictError,
    ErrorCode.IN_USE: ConflictError,
    ErrorCode.LIMIT_REACHED: ConflictError,
    ErrorCode.OWNER_CANNOT_LEAVE: ConflictError,
    ErrorCode.STALE_VERSION: ConflictError,
    ErrorCode.INVALID_CREDENTIALS: AuthenticationError,
    ErrorCode.SECOND_FACTOR_REQUIRED: AuthenticationError,
    ErrorCode.EMAIL_NOT_VERIFIED: AuthenticationError,
    ErrorCode.FORBIDDEN: ForbiddenError,
    ErrorCode.NOT_AVAILABLE: UnavailableError,
}
ERROR_TYPES: Final[list[type]] = [ValidationError, *dict.fromkeys(_TYPES.values())]


def type_of(code: ErrorCode) -> type[UserError]:
    """Returns the GraphQL type of errors with this code."""
    return _TYPES.get(code, ValidationError)


def user_error(refusal: Refusal) -> UserError:
    """Converts a refusal to its GraphQL object. Paths start with the mutation's argument, `input`."""
    path = ["input", *refusal.path] if refusal.path else []
    given: dict[str, Any] = {"message": refusal.message, "code": refusal.code, "path": path}
    kind = type_of(refusal.code)
    if kind is ValidationError:
        given |= {"min": refusal.minimum, "max": refusal.maximum}
    elif kind is ConflictError:
        given["existing_id"] = refusal.existing_id
    elif kind is ForbiddenError:
        given["required_role"] = refusal.required_role
    return kind(**given)


def coded_error(code: str, message: str, **extensions: Any) -> GraphQLError:
    """Returns a top-level error that is sent to clients unmasked."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def bad_input(message: str, *argument: str) -> GraphQLError:
    """Returns a BAD_USER_INPUT error about a query field's argument, whose path is `argument`."""
    return coded_error("BAD_USER_INPUT", message, argument=list(argument))
