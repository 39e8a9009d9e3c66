"""Settings for commands: those of the environment, overridden by command line options."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infocus_graphql.settings import Settings


def read_settings(**options: Any) -> "Settings":
    """The settings, overridden by `options` that are not None."""
    from infocus_graphql.settings import Settings
    from infocus_graphql.settings.unknown_names import refuse_unreadable_file

    refuse_unreadable_file(Settings)
    return Settings(**{name: value for name, value in options.items() if value is not None})


def package_folder() -> Path:
    """The directory of the package."""
    return Path(__file__).resolve().parents[1]


def checkout() -> Path | None:
    """The root of the repository, or None if this code doesn't run from a checkout."""
    root = package_folder().parent
    return root if (root / "pyproject.toml").is_file() else None


def env_example() -> str:
    """The text of `.env.example`: every setting with its description and default."""
    from infocus_graphql.settings import Settings
    from infocus_graphql.settings.errors import variable

    blocks = [
        "# Copy this file to .env and uncomment what you need; all settings have defaults for development.\n"
        "# In production, set real environment variables instead.\n"
        "# Put values that contain `#` or quotation marks in single quotes. `${NAME}` is replaced by the\n"
        "# value of that variable.\n"
    ]
    for title, names in _groups(Settings):
        blocks.append(f"# ---- {title}\n")
        for name in names:
            field = Settings.model_fields[name]
            description = field.description or ""
            blocks.append(f"{_comment(description)}\n# {variable(name)}={_default(field)}\n")
    return "\n".join(blocks)


def _groups(settings: type["Settings"]) -> Iterator[tuple[str, list[str]]]:
    """The names of the settings by topic, general settings first."""
    yield "The server", [name for name in settings.model_fields if name in settings.__annotations__]
    for topic in reversed(settings.__bases__):
        title = (topic.__doc__ or "").removesuffix(".")
        yield title, [name for name in settings.model_fields if name in topic.__annotations__]


def _default(field: Any) -> str:
    """A default as text for an environment variable; "" if there is none."""
    value = None if field.default_factory else field.default
    value = getattr(value, "value", value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _comment(description: str, width: int = 98) -> str:
    import textwrap

    return "\n".join(f"# {line}" for line in textwrap.wrap(description, width, break_on_hyphens=False))
