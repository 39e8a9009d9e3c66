"""Errors as clients see them: `UserError` objects in payloads, and coded top-level errors."""

from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLError

from infocus_graphql.core.errors import ErrorCode, Refusal
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.node import Node

CODES = {
    ErrorCode.REQUIRED: "A value is needed here.",
    ErrorCode.INVALID: "The value has the wrong form or doesn't fit the others.",
    ErrorCode.TOO_SHORT: "The text is too short; see `min`.",
    ErrorCode.TOO_LONG: "The text or the list is too long; see `max`.",
    ErrorCode.OUT_OF_RANGE: "The number is outside `min` to `max`.",
    ErrorCode.NOT_FOUND: "There is nothing of that kind, or you may not see it.",
    ErrorCode.NOT_ALLOWED: "You see it, but your role doesn't allow this; see `requiredRole`.",
    ErrorCode.ALREADY_EXISTS: "It is there already; see `existing`.",
    ErrorCode.ALREADY_PROCESSED: "It was answered, ended or used before.",
    ErrorCode.EXPIRED: "Its time is over.",
    ErrorCode.IN_USE: "Other things refer to it, so it can't be deleted.",
    ErrorCode.OWNER_CANNOT_LEAVE: "The owner has to transfer the family first.",
    ErrorCode.STALE_VERSION: "Somebody changed it in between; `existing` is how it is now.",
    ErrorCode.WEAK_PASSWORD: "The password is too easy to guess.",
    ErrorCode.EMAIL_NOT_VERIFIED: "It takes a confirmed e-mail address; see `requestEmailVerification`.",
    ErrorCode.INVALID_CREDENTIALS: "The e-mail address, the password, the token or the code is wrong.",
    ErrorCode.SECOND_FACTOR_REQUIRED: "It takes a recent code of your second factor: see "
    "`verifySecondFactor`.",
}

UserErrorCode: TypeAlias = ErrorCode
publish_enum(
    UserErrorCode, "Why a mutation refused its input. The list may grow.", CODES, name="UserErrorCode"
)


@strawberry.interface(
    description="An expected refusal: nothing was changed. Switch on `code`, show `message`."
)
class UserError:
    """What all refusals have in common."""

    message: str = strawberry.field(description="A sentence in English for people.")
    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    path: list[str] = strawberry.field(
        description='The input field that it is about, such as `["input", "email"]`; empty for the whole.'
    )


@strawberry.type(description="A value that is missing, malformed or out of bounds.")
class ValidationError(UserError):
    """INVALID, TOO_LONG and their like."""

    min: float | None = strawberry.field(description="The least allowed number or length.", default=None)
    max: float | None = strawberry.field(description="The largest allowed number or length.", default=None)


@strawberry.type(description="Something that is there already, or is not as the client thinks.")
class ConflictError(UserError):
    """ALREADY_EXISTS and STALE_VERSION carry what is there, which saves the client a round trip."""

    existing_id: strawberry.Private[str | None] = None

    @strawberry.field(description="What is there already, if you may see it.")
    async def existing(self, info: strawberry.Info) -> Node | None:
        """The object in the way."""
        found: Node | None = await info.context.node(self.existing_id) if self.existing_id else None
        return found


@strawberry.type(description="An action that your role does not allow.", name="PermissionError")
class NotAllowedError(UserError):
    """NOT_ALLOWED."""

    required_role: str | None = strawberry.field(description="The role that would be allowed.", default=None)


_CONFLICTS = {ErrorCode.ALREADY_EXISTS, ErrorCode.STALE_VERSION}


def user_error(refusal: Refusal) -> UserError:
    """The GraphQL object for a refusal; paths begin with the mutation's one argument."""
    path = ["input", *refusal.path] if refusal.path else []
    common: dict[str, Any] = {"message": refusal.message, "code": refusal.code, "path": path}
    if refusal.code in _CONFLICTS:
        return ConflictError(**common, existing_id=refusal.existing_id)
    if refusal.code is ErrorCode.NOT_ALLOWED:
        return NotAllowedError(**common, required_role=refusal.required_role)
    return ValidationError(**common, min=refusal.minimum, max=refusal.maximum)


def coded_error(code: str, message: str, **extensions: Any) -> GraphQLError:
    """A top-level error that clients may see as it is."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def bad_input(message: str, *argument: str) -> GraphQLError:
    """A wrong argument of a query field; `argument` is its path."""
    return coded_error("BAD_USER_INPUT", message, argument=list(argument))
