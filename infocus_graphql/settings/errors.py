"""Error messages about settings, which name the environment variable."""

from collections.abc import Iterator, Sequence
from enum import Enum
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import ValidationError
from pydantic.fields import FieldInfo

PREFIX: Final = "INFOCUS_"


class UnusableSetting(ValueError):
    """A setting with an unusable value, found after start-up validation. The message names the variable."""


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def problems_of(error: ValidationError, fields: dict[str, FieldInfo]) -> Iterator[str]:
    """One sentence for each invalid setting. Values are omitted because they may be secret."""
    for each in error.errors(include_input=False, include_url=False):
        name = str(each["loc"][0]) if each["loc"] else ""
        if each["type"] == "value_error":
            # Raised by one of our validators, whose message is written for operators.
            words = each["msg"].removeprefix("Value error, ")
            yield f"{variable(name)}: {words}." if name else f"{words}."
        else:
            yield f"{variable(name)} must be {allowed(fields[name])}."


def allowed(field: FieldInfo) -> str:
    """The values that a setting accepts, such as "a whole number from 1 to 64"."""
    kind = _type(field.annotation)
    if get_origin(kind) is Literal:
        return alternatives(get_args(kind))
    if kind is bool:
        return "`true` or `false`"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return alternatives([str(each.value) for each in kind])
    if kind is int:
        return f"a whole number {_range(field.metadata)}"
    if kind is float:
        return f"a number {_range(field.metadata)}"
    least = _bound(field.metadata, MinLen, "min_length")
    most = _bound(field.metadata, MaxLen, "max_length")
    return f"a text of {least} to {most} characters" if most is not None else "a text"


def alternatives(words: Sequence[str]) -> str:
    """`a`, `b` or `c`."""
    *others, last = [f"`{word}`" for word in words]
    return f"{', '.join(others)} or {last}" if others else last


def _type(annotation: Any) -> Any:
    """The type of a setting without `| None`."""
    if get_origin(annotation) in {Union, UnionType}:
        return next(each for each in get_args(annotation) if each is not type(None))
    return annotation


def _range(metadata: Sequence[Any]) -> str:
    least, most = _bound(metadata, Ge, "ge"), _bound(metadata, Le, "le")
    above, below = _bound(metadata, Gt, "gt"), _bound(metadata, Lt, "lt")
    lower = f"from {_figure(least)}" if least is not None else f"above {_figure(above)}"
    upper = f"to {_figure(most)}" if most is not None else f"below {_figure(below)}"
    return f"{lower} {upper}"


def _bound(metadata: Sequence[Any], kind: type, name: str) -> Any:
    return next((getattr(each, name) for each in metadata if isinstance(each, kind)), None)


def _figure(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
