"""The weights of texts, by their maximum lengths in the check constraints of the tables."""

import re
from functools import cache
from typing import Any, Final

from sqlalchemy import ARRAY, CheckConstraint, Text

from infocus_graphql.db.sql_types import MappedAttribute

_LENGTH: Final = re.compile(r"char_length\((\w+)\) BETWEEN \d+ AND (\d+)")
_BYTES: Final = 3  # of a character: few have four
BYTES_OF_UNIT: Final = 64  # of the response
_UNBOUNDED: Final = 100  # assumed characters of a text without a check, such as an id or a path
_LABELS: Final = 3  # units of a list of texts
# Texts that only staff write weigh by their usual length, a fortieth of the maximum.
_BY_STAFF: Final = {"media_items", "streaming_providers"}


@cache
def text_weight(attribute: MappedAttribute) -> int:
    """The extra weight of a text column; 0 for other types."""
    column: Any = attribute.property.columns[0]
    if isinstance(column.type, ARRAY):
        return _LABELS
    if type(column.type) is not Text:
        return 0
    checks = getattr(column.table, "constraints", ())
    found = [_LENGTH.search(str(each.sqltext)) for each in checks if isinstance(each, CheckConstraint)]
    longest = next((int(each[2]) for each in found if each and each[1] == column.name), None)
    if longest is None:
        return 0 if column.primary_key or column.foreign_keys else _UNBOUNDED // BYTES_OF_UNIT
    if column.table.name in _BY_STAFF:
        return longest // (40 * BYTES_OF_UNIT // _BYTES)
    return longest * _BYTES // BYTES_OF_UNIT
