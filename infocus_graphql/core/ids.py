"""Ids: a two-letter type tag and a UUIDv7 in base 36. They sort by creation time and are never secret."""

import re
from typing import Final

from uuid_utils import uuid7

from infocus_graphql.core.errors import ErrorCode, refused

ID_LENGTH: Final = 27
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_BODY: Final = ID_LENGTH - 2  # 36 ** 25 > 2 ** 128
_SHAPE: Final = re.compile(r"[a-z]{2}[0-9a-z]{25}", re.ASCII)
_PAIRS: Final = [a + b for a in _DIGITS for b in _DIGITS]


def new_id(tag: str) -> str:
    """A new id with this type tag, such as `us` for users."""
    return tag + base36(uuid7().int)


def base36(number: int) -> str:
    """`number` (below 2**128) in base 36, padded with zeros to 25 lower-case characters."""
    parts = []
    for _ in range(_BODY // 2):  # two digits at a time cost a third of one by one
        number, pair = divmod(number, 1296)
        parts.append(_PAIRS[pair])
    return _DIGITS[number] + "".join(reversed(parts))


def check_ids(tag: str, thing: str, value: str | list[str], *path: str) -> None:
    """Refuses malformed ids and ids with another type tag; `thing` names the type in the message."""
    for each in [value] if isinstance(value, str) else value:
        if tag_of(each) != tag:
            shown = each if len(each) <= ID_LENGTH else f"{each[:ID_LENGTH]}…"
            raise refused(ErrorCode.INVALID, f"“{shown}” is not the id of a {thing}.", *path)


def tag_of(value: str) -> str | None:
    """The type tag of a well-formed id; None for anything else."""
    return value[:2] if _SHAPE.fullmatch(value) else None
