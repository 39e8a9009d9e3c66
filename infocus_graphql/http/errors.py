"""Errors of requests that are rejected before they reach the schema, and their response format."""

from collections.abc import Mapping
from typing import Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from infocus_graphql.http.media_types import JSON

_CODES: Final = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
_MESSAGES: Final = {
    404: "Not found; the API is at /graphql.",
    405: "This URL does not support the request's method.",
}


class HttpError(Exception):
    """An error response with an HTTP status, a code and a message for the client."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


class ClientDisconnected(Exception):
    """The client disconnected before its request was complete; no response is sent."""


def bad_request(message: str) -> HttpError:
    """The error for a request that violates the protocol (400)."""
    return HttpError(400, "BAD_REQUEST", message)


def incomplete_handshake() -> HttpError:
    """The error for a WebSocket handshake that is no valid one, such as after a proxy without support."""
    message = (
        "This is not a valid WebSocket handshake (version 13). If a proxy is in between, it has to pass on "
        "the headers `Upgrade` and `Connection`."
    )
    return HttpError(400, "BAD_REQUEST", message, {"Sec-WebSocket-Version": "13"})


def errors_body(code: str, message: str, **extensions: str) -> bytes:
    """A JSON body with a single error in GraphQL's response format."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, **extensions}}]})


def error_body(problem: HttpError) -> bytes:
    """The JSON body of `problem`."""
    return errors_body(problem.code, problem.message)


async def show_http_exception(request: Request, error: Exception) -> Response:
    """Formats Starlette's own HTTP errors (unknown path or method) like all other errors."""
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
