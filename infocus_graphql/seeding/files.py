"""Reads seed files, which are beside the package in a checkout and inside it in a wheel."""

from pathlib import Path

import orjson

from infocus_graphql.core.json_types import JsonObject

_PACKAGE = Path(__file__).resolve().parent.parent


def seed_file(name: str) -> JsonObject:
    """Returns the content of a JSON file in `seeds/`. Raises FileNotFoundError if it is missing."""
    for folder in (_PACKAGE / "seeds", _PACKAGE.parent / "seeds"):
        if (folder / name).is_file():
            found: JsonObject = orjson.loads((folder / name).read_bytes())
            return found
    raise FileNotFoundError(f"seeds/{name} is missing from this installation")
