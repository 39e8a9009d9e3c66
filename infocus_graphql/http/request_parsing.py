"""Parses HTTP requests into GraphQL requests: JSON bodies and query strings."""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.types import Receive

from infocus_graphql.core.json_types import JsonObject
from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.graph.operation import Request
from infocus_graphql.http import strict_json
from infocus_graphql.http.errors import ClientDisconnected, HttpError, bad_request
from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.http.media_types import is_utf8_json

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PARAMETERS: Final = {"query", "operationName", "variables", "extensions", "documentId"}
_MAX_FIELDS: Final = 32
_DIGITS: Final = 18  # longer content lengths are ignored
# The rest of the body is not read, so the connection can't be reused.
_CLOSE: Final = {"Connection": "close"}


async def request_of_body(
    headers: RequestHeaders, receive: Receive, *, max_bytes: int, deadlines: SharedTimeout
) -> Request:
    """Parses the JSON body of a POST. Raises HttpError if it is malformed, too large or too slow."""
    if not is_utf8_json(headers.all(b"content-type")):
        raise HttpError(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "Send the operation as `Content-Type: application/json` in UTF-8.",
            _CLOSE,
        )
    encodings = headers.all(b"content-encoding")
    if encodings and any(value.strip().lower() != "identity" for value in encodings):
        raise HttpError(415, "UNSUPPORTED_MEDIA_TYPE", "Compressed bodies are not accepted.", _CLOSE)
    if _declared_length(headers) > max_bytes:
        raise _too_large(max_bytes)
    try:
        with deadlines.start():
            body = await _read(receive, max_bytes)
    except TimeoutError as error:
        message = "The body took too long to arrive."
        raise HttpError(408, "REQUEST_TIMEOUT", message, _CLOSE) from error
    return request_of_json(_json(body, "the body"))


def request_of_query_string(query_string: bytes) -> Request:
    """Parses the query string of a GET. Raises HttpError if it is malformed."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise bad_request("The query string is malformed.") from error
    known = [(name, value) for name, value in pairs if name in _PARAMETERS]
    parameters: JsonObject = dict(known)
    if len(parameters) != len(known):
        raise bad_request("The query string repeats a parameter.")
    # A query string can't express null: an empty value stands for it.
    for name in ("operationName", "documentId"):
        if not parameters.get(name):
            parameters.pop(name, None)
    for name in ("variables", "extensions"):
        text = parameters.pop(name, "")
        if text:
            parameters[name] = _json(text.encode(), f"`{name}`")
    return request_of_json(parameters)


def request_of_json(body: Any) -> Request:
    """The request of a parsed JSON value. Raises HttpError if it is malformed."""
    if isinstance(body, list):
        raise HttpError(
            400, "BATCHING_NOT_SUPPORTED", "Send one operation per request; lists are not accepted."
        )
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    _check(body, "operationName", str, "a string")
    _check(body, "documentId", str, "a string")
    _check(body, "variables", dict, "an object")
    _check(body, "extensions", dict, "an object")
    query, name = body.get("query"), body.get("operationName")
    extensions, document_id = body.get("extensions"), body.get("documentId")
    named = document_id is not None or "persistedQuery" in (extensions or {})
    if not isinstance(query, str) and (query is not None or not named):
        raise bad_request("`query` is missing." if query is None else "`query` must be a string.")
    for what, text in (("query", query or ""), ("operationName", name or "")):
        if not text.isascii() and _SURROGATE.search(text):
            raise bad_request(f"`{what}` contains half of a surrogate pair.")
    last_event_id = (extensions or {}).get("lastEventId")
    if last_event_id is not None and not isinstance(last_event_id, str):
        raise bad_request("`extensions.lastEventId` must be a string or null.")
    return Request(query, name, body.get("variables"), extensions, document_id, last_event_id=last_event_id)


def _declared_length(headers: RequestHeaders) -> int:
    declared = headers.first(b"content-length") or ""
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) <= _DIGITS else 0


async def _read(receive: Receive, max_bytes: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        body += message.get("body", b"")
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(max_bytes: int) -> HttpError:
    message = f"The body is larger than {max_bytes:,} bytes."
    return HttpError(413, "PAYLOAD_TOO_LARGE", message, _CLOSE)


def _json(data: bytes, what: str) -> Any:
    try:
        return strict_json.loads(data)
    except UnicodeDecodeError as error:
        raise bad_request(f"{what[:1].upper()}{what[1:]} is not UTF-8.") from error
    except ValueError as error:
        raise bad_request(f"Can't parse {what} as JSON. {error}") from error


def _check(body: JsonObject, name: str, kind: type, words: str) -> None:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise bad_request(f"`{name}` must be {words} or null.")
