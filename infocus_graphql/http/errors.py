"""Requests that are refused before they reach the schema, and the one shape of such answers."""

from collections.abc import Mapping
from typing import Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from infocus_graphql.http.media_types import JSON

_CODES: Final = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
_MESSAGES: Final = {
    404: "There is nothing at this address; the API is at /graphql.",
    405: "This address doesn't know that method.",
}


class HttpError(Exception):
    """The request is none that can be served; the client is told the status and why."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


class ClientDisconnected(Exception):
    """The client left before its request was complete; nobody waits for an answer."""


def bad_request(message: str) -> HttpError:
    """The problem of a request whose parts are not what the protocol asks for."""
    return HttpError(400, "BAD_REQUEST", message)


def no_subscriptions(status: int, reason: str) -> HttpError:
    """The problem of a client that wants to subscribe, and the way to ask instead."""
    message = f"Subscriptions are not available: send queries and mutations by POST. {reason}"
    return HttpError(status, "SUBSCRIPTIONS_NOT_SUPPORTED", message)


def errors_body(code: str, message: str, **extensions: str) -> bytes:
    """A body with a single error, in the shape that GraphQL clients read."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, **extensions}}]})


def error_body(problem: HttpError) -> bytes:
    """What the client is told of `problem`."""
    return errors_body(problem.code, problem.message)


async def show_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own refusals (unknown address or method) in the shape of all others."""
    if not isinstance(error, HTTPException):
        raise error
    status = error.status_code
    problem = HttpError(
        status,
        _CODES.get(status, "BAD_REQUEST"),
        _MESSAGES.get(status, error.detail),
        error.headers,
    )
    headers = {**problem.headers, "Content-Type": f"{JSON}; charset=utf-8"}
    return Response(error_body(problem), problem.status, headers)
