"""Settings for commands: the environment's, with what was said on the command line on top."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infocus_graphql.settings import Settings


def read_settings(**said: Any) -> "Settings":
    """The settings; values that are None were not said."""
    from infocus_graphql.settings import Settings
    from infocus_graphql.settings.unknown_names import refuse_unreadable_file

    refuse_unreadable_file(Settings)
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
    from infocus_graphql.settings import Settings
    from infocus_graphql.settings.errors import variable

    blocks = [
        "# Copy this to .env and change what you need; everything has a default for development.\n"
        "# The server never writes to it. In production, set real environment variables instead.\n"
        "# Put a value that has a `#` or a quotation mark between single quotes. `${NAME}` is replaced by\n"
        "# the value of that variable.\n"
    ]
    for title, names in _groups(Settings):
        blocks.append(f"# ---- {title}\n")
        for name in names:
            field = Settings.model_fields[name]
            words = field.description or ""
            blocks.append(f"{_comment(words)}\n# {variable(name)}={_default(field)}\n")
    return "\n".join(blocks)


def _groups(settings: type["Settings"]) -> Iterator[tuple[str, list[str]]]:
    """The names of the settings by topic. What concerns the whole server comes first."""
    yield "The server", [name for name in settings.model_fields if name in settings.__annotations__]
    for topic in reversed(settings.__bases__):
        title = (topic.__doc__ or "").removesuffix(".")
        yield title, [name for name in settings.model_fields if name in topic.__annotations__]


def _default(field: Any) -> str:
    """A default as it is written in a file: nothing for none."""
    value = None if field.default_factory else field.default
    value = getattr(value, "value", value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _comment(words: str, width: int = 98) -> str:
    import textwrap

    return "\n".join(f"# {line}" for line in textwrap.wrap(words, width))
