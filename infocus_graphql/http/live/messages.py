"""The messages and close codes of the protocol graphql-transport-ws."""

import re
from enum import IntEnum
from typing import Any, Final

import orjson

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.http import strict_json

PROTOCOL: Final = "graphql-transport-ws"
LEGACY_PROTOCOL: Final = "graphql-ws"
ACK: Final = '{"type":"connection_ack"}'

_MAX_ID: Final = 256
_MAX_REASON: Final = 123  # bytes, by RFC 6455
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WITH_ID: Final = {"subscribe", "complete"}
_TYPES: Final = {"connection_init", "ping", "pong"} | _WITH_ID


class CloseCode(IntEnum):
    """Why the server closes a socket."""

    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    SLOW_CONSUMER = 4008
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY_INITS = 4429


class SocketClosed(Exception):
    """The server closes the socket with this code and reason."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = shortened(reason)


def shortened(reason: str) -> str:
    """The reason, cut to the length that a close frame can carry."""
    return reason.encode("utf-8", "replace")[:_MAX_REASON].decode("utf-8", "ignore")


def bad_message(reason: str) -> SocketClosed:
    """The exception for a message that violates the protocol."""
    return SocketClosed(CloseCode.BAD_REQUEST, reason)


def parsed(text: str) -> JsonObject:
    """Parses a client's message. Raises SocketClosed 4400 if it violates the protocol.

    `payload` is checked as far as all types of messages have it in common: an object, null or missing.
    """
    try:
        message: Any = strict_json.loads(text.encode())
    except ValueError as error:
        raise bad_message(f"Can't parse the message as JSON. {error}") from error
    if not isinstance(message, dict):
        raise bad_message("A message must be a JSON object.")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise bad_message("The message has no `type`, or an unknown one.")
    if kind in _WITH_ID:
        _check_id(message.get("id"))
    if not isinstance(message.get("payload"), dict | None):
        raise bad_message("`payload` must be an object.")
    return message


def authorization_in(payload: JsonObject | None) -> str | None:
    """The member `authorization` or `Authorization`. Raises SocketClosed if it isn't a string."""
    for name in ("authorization", "Authorization"):
        value = (payload or {}).get(name)
        if value is not None:
            if not isinstance(value, str):
                raise bad_message(f"`payload.{name}` must be a string.")
            return value
    return None


def pong(payload: JsonObject | None) -> str:
    """A pong with the payload of the ping."""
    if payload is None:
        return '{"type":"pong"}'
    try:
        return orjson.dumps({"type": "pong", "payload": payload}).decode()
    except orjson.JSONEncodeError as error:
        raise bad_message("`payload` contains text or a number that is not allowed.") from error


def next_message(operation_id: str, result: bytes) -> str:
    """An execution result."""
    return f'{{"type":"next","id":{_json(operation_id)},"payload":{result.decode()}}}'


def error_message(operation_id: str, errors: object) -> str:
    """The errors of an operation that can't be executed. It ends the operation."""
    return f'{{"type":"error","id":{_json(operation_id)},"payload":{_json(errors)}}}'


def complete_message(operation_id: str) -> str:
    """The end of an operation."""
    return f'{{"type":"complete","id":{_json(operation_id)}}}'


def _check_id(value: object) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID or _SURROGATE.search(value):
        raise bad_message(f"`id` must be a string of 1 to {_MAX_ID} characters.")


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
