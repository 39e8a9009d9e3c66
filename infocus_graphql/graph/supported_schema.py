"""Rejects schemas with Strawberry features that this executor doesn't support, at start-up."""

import strawberry

_EXECUTOR = "docs/strawberry.md lists what this executor runs."


class UnsupportedSchema(TypeError):
    """A schema uses a feature that only Strawberry's own executor supports."""


def check_schema(schema: strawberry.Schema) -> None:
    """Raises UnsupportedSchema for schema extensions and custom operation directives.

    Field extensions and permission classes are supported: their fields are resolved instead of planned.
    """
    extensions = [each if isinstance(each, type) else type(each) for each in schema.extensions]
    if extensions:
        names = ", ".join(sorted(each.__name__ for each in extensions))
        raise UnsupportedSchema(f"Schema extensions are not run: {names}. {_EXECUTOR}")
    directives = [each.python_name for each in schema.directives]
    if directives:
        raise UnsupportedSchema(f"Operation directives are not run: {', '.join(directives)}. {_EXECUTOR}")
