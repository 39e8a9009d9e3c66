"""Writes the file of an export: a ZIP with each table as JSON and as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

import orjson

from infocus_graphql.core.clock import rfc3339

# Texts with these prefixes get an apostrophe, so that spreadsheets don't run them as formulas
# (CSV injection).
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
_MOST_TEXT: Final = 128 * 1024 * 1024


class TooLarge(Exception):
    """The data exceeds the maximum size of an export."""


class Archive:
    """A ZIP file in memory. Raises `TooLarge` beyond `most` uncompressed bytes."""

    def __init__(self, most: int = _MOST_TEXT) -> None:
        self._room = most
        self._file = io.BytesIO()
        self._zip = ZipFile(self._file, "w", ZIP_DEFLATED)

    def add_text(self, name: str, text: str) -> None:
        """Adds a text file."""
        self._put(name, text.encode())

    def add_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Adds a table as `<name>.json` and `<name>.csv`."""
        objects, sheet = [], io.StringIO(newline="")
        writer = csv.writer(sheet)
        writer.writerow(columns)
        for row in rows:
            values = [_plain(value) for value in row]
            objects.append(dict(zip(columns, values, strict=True)))
            writer.writerow([_cell(value) for value in values])
        self._put(f"{name}.json", orjson.dumps(objects, option=orjson.OPT_INDENT_2))
        self._put(f"{name}.csv", sheet.getvalue().encode())

    def finished(self) -> bytes:
        """Closes the archive and returns its content."""
        self._zip.close()
        return self._file.getvalue()

    def _put(self, name: str, content: bytes) -> None:
        self._room -= len(content)
        if self._room < 0:
            raise TooLarge
        self._zip.writestr(name, content)


def _plain(value: object) -> object:
    """Converts a value for JSON: times to RFC 3339 in UTC, enum members to their names."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULAS) else value
    return orjson.dumps(value).decode()
