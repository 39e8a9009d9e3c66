"""Where the seed files lie: beside the package in a checkout, inside it once installed."""

from pathlib import Path
from typing import Any

import orjson

_PACKAGE = Path(__file__).resolve().parent.parent


def seed_file(name: str) -> dict[str, Any]:
    """The content of a JSON file of `seeds/`."""
    for folder in (_PACKAGE / "seeds", _PACKAGE.parent / "seeds"):
        if (folder / name).is_file():
            found: dict[str, Any] = orjson.loads((folder / name).read_bytes())
            return found
    raise FileNotFoundError(f"seeds/{name} is missing from this installation")
