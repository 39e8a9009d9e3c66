"""Settings for commands: the environment's, with what was said on the command line on top."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infocus_graphql.core.settings import Settings


def read_settings(**said: Any) -> "Settings":
    """The settings; values that are None were not said."""
    from infocus_graphql.core.settings import Settings

    return Settings(**{name: value for name, value in said.items() if value is not None})


def package_folder() -> Path:
    """Where the code lies."""
    return Path(__file__).resolve().parents[1]


def checkout() -> Path | None:
    """The root of the repository, when this code runs from one."""
    root = package_folder().parent
    return root if (root / "pyproject.toml").is_file() else None


def env_example() -> str:
    """The text of `.env.example`: every setting, its meaning, and its default."""
    from infocus_graphql.core.settings import Settings

    blocks = [
        "# Copy this to .env and change what you need; everything has a default for development.\n"
        "# The server never writes to it. In production, set real environment variables instead.\n"
    ]
    for name, field in Settings.model_fields.items():
        words = field.description or ""
        blocks.append(f"{_comment(words)}\n# INFOCUS_{name.upper()}={_default(field)}\n")
    return "\n".join(blocks)


def _default(field: Any) -> str:
    value = None if field.default_factory else field.default
    value = getattr(value, "value", value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _comment(words: str, width: int = 98) -> str:
    import textwrap

    return "\n".join(f"# {line}" for line in textwrap.wrap(words, width))
