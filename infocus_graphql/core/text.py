"""Validation of text and numbers from clients; a refusal names the field and the bounds.

Text is converted to its normal form first (`core.normal_form`); lengths are those of the normal form.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from infocus_graphql.core.errors import ErrorCode, Refusal, Refused, refused
from infocus_graphql.core.normal_form import multi_line, single_line
from infocus_graphql.core.wording import counted, item_name, label, number

# The largest value of an integer column and of GraphQL's Int.
MAX_INT: Final = 2**31 - 1

_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f<>\"]")


def validated_text(value: str, *path: str, maximum: int, minimum: int = 1) -> str:
    """Returns the text as a single line in normal form; refuses it if too short or long (in characters)."""
    return _within_length(single_line(value), path, maximum=maximum, minimum=minimum)


def validated_text_or_none(
    value: str | None, *path: str, maximum: int, keep_line_breaks: bool = False
) -> str | None:
    """Like `validated_text`, for optional text; blank text counts as missing and returns None."""
    text = (multi_line if keep_line_breaks else single_line)(value or "")
    return _within_length(text, path, maximum=maximum) if text else None


def null_or_cleaned(value: str | None, *path: str, maximum: int) -> str | None:
    """Like `validated_text`, for a name that null clears; blank text is refused."""
    return None if value is None else validated_text(value, *path, maximum=maximum)


def _within_length(text: str, path: tuple[str, ...], *, maximum: int, minimum: int = 1) -> str:
    if len(text) < minimum:
        code = ErrorCode.REQUIRED if not text else ErrorCode.TOO_SHORT
        message = f"{label(path)} must have at least {counted(minimum, 'character')}."
        raise Refused(_bounded(code, message, path, minimum, maximum))
    if len(text) > maximum:
        message = f"{label(path)} must have at most {counted(maximum, 'character')}."
        raise Refused(_bounded(ErrorCode.TOO_LONG, message, path, minimum, maximum))
    return text


def web_address(value: str | None, *path: str, maximum: int) -> str | None:
    """Returns an http or https URL with a host, safe to link to; None if blank."""
    url = validated_text_or_none(value, *path, maximum=maximum)
    if url is not None and not _is_web_address(url):
        message = f"{label(path)} must be a web address such as https://example.com/."
        raise refused(ErrorCode.INVALID, message, *path)
    return url


def check_range(value: float, *path: str, minimum: float, maximum: float) -> None:
    """Refuses a number outside the bounds, and NaN."""
    if not minimum <= value <= maximum:
        message = f"{label(path)} must be from {number(minimum)} to {number(maximum)}."
        raise Refused(_bounded(ErrorCode.OUT_OF_RANGE, message, path, minimum, maximum))


def check_count(count: int, *path: str, maximum: int, minimum: int = 0) -> None:
    """Refuses a list with too many or too few items."""
    if count > maximum:
        message = f"The list must have at most {counted(maximum, item_name(path))}."
        raise Refused(_bounded(ErrorCode.TOO_LONG, message, path, minimum, maximum))
    if count < minimum:
        message = f"The list must have at least {counted(minimum, item_name(path))}."
        raise Refused(_bounded(ErrorCode.TOO_SHORT, message, path, minimum, maximum))


def required(path: str) -> Refused:
    """The refusal of `null` for a field that can be omitted but not cleared."""
    return Refused(
        Refusal(ErrorCode.REQUIRED, f"{label((path,))} can be omitted, but not set to null.", (path,))
    )


def _bounded(code: ErrorCode, message: str, path: tuple[str, ...], minimum: float, maximum: float) -> Refusal:
    return Refusal(code, message, path, minimum=minimum, maximum=maximum)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and not _UNPRINTABLE.search(url)
