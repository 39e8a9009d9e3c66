"""The file of an export: a ZIP with each table as JSON and as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import orjson

from infocus_graphql.core.clock import rfc3339

# So that a spreadsheet takes no text for a formula, whoever wrote it.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
_MOST_TEXT: Final = 128 * 1024 * 1024


class TooLarge(Exception):
    """There is more to export than one file may hold."""


class Archive:
    """Takes one table after the other, in parts; in memory alone."""

    def __init__(self, most: int = _MOST_TEXT) -> None:
        self._room = most
        self._file = io.BytesIO()
        self._zip = ZipFile(self._file, "w", ZIP_DEFLATED)

    def add_text(self, name: str, text: str) -> None:
        """Adds a file as it is."""
        self._put(name, text.encode())

    def add_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
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
        """The whole file. Nothing can be added any more."""
        self._zip.close()
        return self._file.getvalue()

    def _put(self, name: str, content: bytes) -> None:
        self._room -= len(content)
        if self._room < 0:
            raise TooLarge
        self._zip.writestr(name, content)


def _plain(value: Any) -> Any:
    """The value as JSON has it: times in UTC, what is one of a few by its name."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULAS) else value
    return orjson.dumps(value).decode()
